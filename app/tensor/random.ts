/** xoshiro128**: a small, fast random source whose state can be saved and whose sequence never depends on the platform. */

export type RandomState = readonly [number, number, number, number];

export class Random {
  readonly #state: Uint32Array;

  /** A number or several (for example seed and epoch), or a saved state. */
  constructor(seed: number | readonly number[], state?: RandomState) {
    this.#state = state ? Uint32Array.from(state) : expand(typeof seed === 'number' ? [seed] : seed);
  }

  get state(): RandomState {
    const [a, b, c, d] = this.#state;
    return [a, b, c, d];
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  fraction(): number {
    return ((this.next() >>> 5) * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53;
  }

  /** A whole number in [0, limit), each equally likely. */
  below(limit: number): number {
    // Numbers beyond the last whole multiple of the limit would favour the small ones.
    const bound = 2 ** 32 - (2 ** 32 % limit);
    for (;;) {
      const value = this.next();
      if (value < bound) return value % limit;
    }
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T extends { [index: number]: number; readonly length: number }>(values: T): T {
    for (let i = values.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** SplitMix32 over all seeds: similar seeds give unrelated states. */
function expand(seeds: readonly number[]): Uint32Array {
  const state = new Uint32Array(4);
  let mixed = 0x9e3779b9;
  for (const seed of seeds) {
    mixed = splitMix(mixed ^ (seed >>> 0));
    mixed = splitMix(mixed ^ (Math.floor(seed / 2 ** 32) >>> 0));
  }
  for (let i = 0; i < 4; i += 1) {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    state[i] = splitMix(mixed);
  }
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}

function splitMix(value: number): number {
  let z = (value + 0x9e3779b9) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
