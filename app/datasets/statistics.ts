/** Token counts of a data set, gathered row by row in constant memory. */

export interface TokenStatistics {
  readonly total: number;
  /** Tokens that are learnt from. */
  readonly supervised: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Rows by length: `from` ≤ tokens < `to`; bounds double. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly rows: number }[];
}

export class TokenCounter {
  /** How many rows have each length; lengths repeat, so this stays small. */
  readonly #lengths = new Map<number, number>();
  #rows = 0;
  #total = 0;
  #supervised = 0;

  add(length: number, supervised: number): void {
    this.#lengths.set(length, (this.#lengths.get(length) ?? 0) + 1);
    this.#rows += 1;
    this.#total += length;
    this.#supervised += supervised;
  }

  summary(): TokenStatistics {
    const sorted = [...this.#lengths].sort(([a], [b]) => a - b);
    return {
      total: this.#total,
      supervised: this.#supervised,
      p50: this.#percentile(sorted, 0.5),
      p95: this.#percentile(sorted, 0.95),
      max: sorted.at(-1)?.[0] ?? 0,
      histogram: histogram(sorted),
    };
  }

  /** The smallest length that at least this share of the rows does not exceed. */
  #percentile(sorted: readonly (readonly [number, number])[], share: number): number {
    let seen = 0;
    for (const [length, rows] of sorted) {
      seen += rows;
      if (seen >= share * this.#rows) return length;
    }
    return 0;
  }
}

function histogram(sorted: readonly (readonly [number, number])[]): TokenStatistics['histogram'] {
  const bars: { from: number; to: number; rows: number }[] = [];
  for (const [length, rows] of sorted) {
    while (bars.length === 0 || length >= bars[bars.length - 1].to) {
      const from = bars.at(-1)?.to ?? 0;
      bars.push({ from, to: Math.max(16, from * 2), rows: 0 });
    }
    bars[bars.length - 1].rows += rows;
  }
  return bars;
}
