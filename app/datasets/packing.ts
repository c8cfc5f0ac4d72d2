/** Arranges encoded examples into batches: packed into full rows, or one example a row. */
import { UserError } from '../contract/errors.ts';
import type { Random } from '../tensor/random.ts';
import { IGNORED } from './encode.ts';
import { epochOrder, type OrderOptions } from './epoch-order.ts';
import type { EncodedStore } from './store.ts';

/** All arrays are [rows, length], row after row. */
export interface Batch {
  readonly rows: number;
  readonly length: number;
  readonly ids: Int32Array;
  /** Not shifted; -100 where nothing is learnt, at each example's first token and in padding. */
  readonly labels: Int32Array;
  /** Position within the example, from 0; 0 in padding. */
  readonly positions: Int32Array;
  /** 1, 2, … for the examples of a row, 0 for padding: tokens attend only within their own segment. */
  readonly segments: Int32Array;
  /** Number of the example in the store that a token belongs to; -1 in padding. */
  readonly examples: Int32Array;
}

/** Batches in the order of one epoch; any of them can be made again at any time, so a run resumes where it stopped. */
export interface BatchPlan {
  readonly count: number;
  /** Examples that were longer than a row and are cut. */
  readonly truncated: number;
  batch(index: number): Batch;
}

export interface PlanOptions extends OrderOptions {
  /** Rows of a batch; the last batch of an epoch may have fewer. */
  readonly rows: number;
  /** The id written into padding. */
  readonly padId?: number;
}

/**
 * Packs by best fit, longest examples first: each goes into the fullest row that still has room. No example is split. Examples that
 * are to come shortest first fill one row after the other.
 * `length`: tokens of a row.
 */
export function planPacked(store: EncodedStore, options: PlanOptions & { readonly length: number }): BatchPlan {
  const { length } = options;
  check(options, length);
  const { examples, risen, random } = epochOrder(store.count, (example) => store.lengthOf(example), options);
  const others = bestFit(store, examples.subarray(risen), length);
  if (options.shuffle !== false) shuffleArrays(others, random);
  const bins = [...inTurn(store, examples.subarray(0, risen), length), ...others];
  let truncated = 0;
  for (let i = 0; i < store.count; i += 1) if (store.lengthOf(i) > length) truncated += 1;
  return {
    count: Math.ceil(bins.length / options.rows),
    truncated,
    batch: (index) => {
      const chosen = sliceOf(bins, index, options.rows);
      return fill(store, chosen, length, options.padId ?? 0);
    },
  };
}

/** One example a row, padded to the longest of its batch. `length`: where given, the most tokens of a row. */
export function planPadded(store: EncodedStore, options: PlanOptions & { readonly length?: number }): BatchPlan {
  const most = options.length ?? Number.POSITIVE_INFINITY;
  check(options, most);
  const { examples: order } = epochOrder(store.count, (example) => store.lengthOf(example), options);
  let truncated = 0;
  for (let i = 0; i < store.count; i += 1) if (store.lengthOf(i) > most) truncated += 1;
  return {
    count: Math.ceil(order.length / options.rows),
    truncated,
    batch: (index) => {
      const chosen = sliceOf(order, index, options.rows);
      let longest = 0;
      for (const example of chosen) longest = Math.max(longest, Math.min(most, store.lengthOf(example)));
      return fill(
        store,
        Array.from(chosen, (example) => [example]),
        longest,
        options.padId ?? 0,
      );
    },
  };
}

function check({ rows }: PlanOptions, length: number): void {
  if (!Number.isInteger(rows) || rows < 1) throw new UserError('arguments/invalid', `a batch cannot have ${rows} rows`);
  if (!(length >= 2))
    throw new UserError('arguments/invalid', `a row cannot have ${length} tokens: at least 2 are needed`);
}

function sliceOf<T extends { readonly length: number; slice(from: number, to: number): T }>(
  all: T,
  index: number,
  rows: number,
): T {
  if (index < 0 || index * rows >= all.length) throw new RangeError(`there is no batch ${index}`);
  return all.slice(index * rows, (index + 1) * rows);
}

function shuffleArrays(bins: number[][], random: Random): void {
  const order = random.shuffle(Int32Array.from({ length: bins.length }, (_, i) => i));
  const copy = [...bins];
  for (let i = 0; i < bins.length; i += 1) bins[i] = copy[order[i]];
}

/** Lists of examples, one for each row, which is full when the next has no room. */
function inTurn(store: EncodedStore, order: Int32Array, length: number): number[][] {
  const bins: number[][] = [];
  let room = 0;
  for (const example of order) {
    const size = Math.min(length, store.lengthOf(example));
    if (size > room) {
      bins.push([]);
      room = length;
    }
    bins.at(-1)!.push(example);
    room -= size;
  }
  return bins;
}

/** Lists of examples, one for each row. Examples of equal length keep the order given. */
function bestFit(store: EncodedStore, order: Int32Array, length: number): number[][] {
  const byLength: number[][] = Array.from({ length: length + 1 }, () => []);
  for (const example of order) byLength[Math.min(length, store.lengthOf(example))].push(example);
  const bins: number[][] = [];
  const open = new OpenBins(length);
  for (let size = length; size >= 1; size -= 1) {
    for (const example of byLength[size]) {
      const room = open.smallestAtLeast(size);
      const bin = room < 0 ? bins.push([]) - 1 : open.take(room);
      bins[bin].push(example);
      open.put((room < 0 ? length : room) - size, bin);
    }
  }
  return bins;
}

/** Rows by the room they have left, with a bit set that finds the next room without trying each. */
class OpenBins {
  readonly #stacks: number[][];
  readonly #bits: Uint32Array;

  constructor(length: number) {
    this.#stacks = Array.from({ length: length + 1 }, () => []);
    this.#bits = new Uint32Array((length >>> 5) + 1);
  }

  put(room: number, bin: number): void {
    if (room === 0) return;
    this.#stacks[room].push(bin);
    this.#bits[room >>> 5] |= 1 << (room & 31);
  }

  take(room: number): number {
    const bin = this.#stacks[room].pop()!;
    if (this.#stacks[room].length === 0) this.#bits[room >>> 5] &= ~(1 << (room & 31));
    return bin;
  }

  /** The least room of at least `size` that some row has, or -1. */
  smallestAtLeast(size: number): number {
    let word = size >>> 5;
    let bits = this.#bits[word] & (-1 << (size & 31));
    while (bits === 0) {
      word += 1;
      if (word >= this.#bits.length) return -1;
      bits = this.#bits[word];
    }
    return word * 32 + (31 - Math.clz32(bits & -bits));
  }
}

function fill(store: EncodedStore, bins: readonly (readonly number[])[], length: number, padId: number): Batch {
  const size = bins.length * length;
  const ids = new Int32Array(size).fill(padId);
  const labels = new Int32Array(size).fill(IGNORED);
  const positions = new Int32Array(size);
  const segments = new Int32Array(size);
  const examples = new Int32Array(size).fill(-1);
  for (let row = 0; row < bins.length; row += 1) {
    let at = row * length;
    for (let segment = 1; segment <= bins[row].length; segment += 1) {
      const example = bins[row][segment - 1];
      const tokens = Math.min(length, store.lengthOf(example));
      if (tokens === store.lengthOf(example)) store.copy(example, ids, labels, at);
      else {
        const whole = store.get(example);
        ids.set(whole.ids.subarray(0, tokens), at);
        labels.set(whole.labels.subarray(0, tokens), at);
      }
      for (let i = 0; i < tokens; i += 1) {
        positions[at + i] = i;
        segments[at + i] = segment;
        examples[at + i] = example;
      }
      at += tokens;
    }
  }
  return { rows: bins.length, length, ids, labels, positions, segments, examples };
}
