/** An open-addressing table from a pair of token ids to the rank and result of merging them. */
export class PairRanks {
  readonly #mask: number;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;
  readonly #merged: Int32Array;

  constructor(capacity: number) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.#mask = size - 1;
    this.#left = new Int32Array(size).fill(-1);
    this.#right = new Int32Array(size);
    this.#rank = new Int32Array(size);
    this.#merged = new Int32Array(size);
  }

  set(left: number, right: number, rank: number, merged: number): void {
    let slot = this.#slot(left, right);
    while (this.#left[slot] >= 0 && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & this.#mask;
    this.#left[slot] = left;
    this.#right[slot] = right;
    this.#rank[slot] = rank;
    this.#merged[slot] = merged;
  }

  /** The pair's place in the table, or -1. */
  find(left: number, right: number): number {
    let slot = this.#slot(left, right);
    while (this.#left[slot] >= 0) {
      if (this.#left[slot] === left && this.#right[slot] === right) return slot;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  rankAt(slot: number): number {
    return this.#rank[slot];
  }

  mergedAt(slot: number): number {
    return this.#merged[slot];
  }

  #slot(left: number, right: number): number {
    return (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b) ^ (left >>> 7)) & this.#mask;
  }
}
