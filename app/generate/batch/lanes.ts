/**
 * Who has which lane of the cache. Lanes that nobody uses keep what they hold: a request that begins like it, or like a
 * request that is still running, need not read that beginning again. Of each lane we know the tokens it holds.
 */
import type { BatchDecoder } from './batch-decoder.ts';

export interface Occupant {
  /** Kept up to date by the table. */
  lane: number;
}

interface Lane {
  /** The tokens whose keys and values lie there. */
  ids: number[];
  owner: Occupant | undefined;
  /** The larger, the later it was used. */
  used: number;
}

/** A prompt's beginning is taken over in place where it is at least this share of what the lane holds: else copied. */
const MOSTLY = 0.5;

export class Lanes {
  readonly #decoder: Pick<BatchDecoder, 'copy' | 'swap' | 'lanes'>;
  readonly #lanes: Lane[];
  #clock = 0;

  constructor(decoder: Pick<BatchDecoder, 'copy' | 'swap' | 'lanes'>) {
    this.#decoder = decoder;
    this.#lanes = Array.from({ length: decoder.lanes }, () => ({ ids: [], owner: undefined, used: 0 }));
  }

  /** Tokens the lane holds. */
  idsOf(occupant: Occupant): number[] {
    return this.#lanes[occupant.lane].ids;
  }

  /**
   * Gives a sequence a lane with as much of its beginning as some lane holds; at least two tokens of it are left to be read
   * (see pieces.ts). There must be a free lane.
   * @returns how many tokens need not be read
   */
  take(occupant: Occupant, prompt: readonly number[]): number {
    const most = Math.max(0, prompt.length - 2);
    const shared = this.#lanes.map(({ ids }) => commonLength(ids, prompt, most));
    const best = shared.reduce((top, length, i) => (length > shared[top] ? i : top), 0);
    const { ids, owner } = this.#lanes[best];
    const inPlace = owner === undefined && shared[best] > 0 && shared[best] >= MOSTLY * ids.length;
    const lane = inPlace ? best : this.#oldestFree(best);
    if (lane !== best) {
      this.#decoder.copy(best, lane, shared[best]);
      this.#lanes[best].used = ++this.#clock;
    }
    this.#lanes[lane] = { ids: prompt.slice(0, shared[best]), owner: occupant, used: ++this.#clock };
    occupant.lane = lane;
    return shared[best];
  }

  /** Empty lanes first, and `spared` only where no other is free. */
  #oldestFree(spared: number): number {
    const free = this.#lanes.flatMap(({ owner }, i) => (owner === undefined ? [i] : []));
    if (free.length === 0) throw new Error('every lane is taken');
    const age = (i: number) => (i === spared ? Number.POSITIVE_INFINITY : this.#lanes[i].used);
    return free.reduce((oldest, i) => (age(i) < age(oldest) ? i : oldest));
  }

  /** The lane is free, and keeps what it holds. */
  release(occupant: Occupant): void {
    this.#lanes[occupant.lane].owner = undefined;
    this.#lanes[occupant.lane].used = ++this.#clock;
  }

  /** Moves these to the first lanes. */
  gather(occupants: readonly Occupant[]): void {
    const inside = new Set(occupants.map(({ lane }) => lane).filter((lane) => lane < occupants.length));
    for (const occupant of occupants) {
      if (occupant.lane < occupants.length) continue;
      let place = 0;
      while (inside.has(place)) place += 1;
      inside.add(place);
      this.#swap(occupant.lane, place);
    }
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#lanes[one], this.#lanes[other]];
    this.#decoder.swap(one, other, Math.max(a.ids.length, b.ids.length));
    [this.#lanes[one], this.#lanes[other]] = [b, a];
    if (a.owner) a.owner.lane = other;
    if (b.owner) b.owner.lane = one;
  }
}

function commonLength(a: readonly number[], b: readonly number[], most: number): number {
  const end = Math.min(a.length, b.length, most);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}
