/** The metrics of one job as they stream in: bounded however long the job runs, and spikes survive the thinning. */

export interface MetricPoint {
  readonly step: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface ChartRow {
  readonly step: number;
  readonly time: number;
  readonly [series: string]: number;
}

/** Enough for two points a pixel on a wide screen. */
const LIMIT = 3000;
/** Weight of the past in the running average that is drawn over the raw loss: little at first, so that it does not lag. */
const MOST_MEMORY = 0.94;
const MEMORY_GROWS_OVER = 6;

export class MetricBuffer {
  #rows: ChartRow[] = [];
  #averages = new Map<string, { average: number; count: number }>();
  readonly #smoothed: readonly string[];

  /** @param smoothed series that also get a running average, as `<name>Smooth` */
  constructor(smoothed: readonly string[] = ['loss']) {
    this.#smoothed = smoothed;
  }

  get rows(): readonly ChartRow[] {
    return this.#rows;
  }
  get last(): ChartRow | undefined {
    return this.#rows.at(-1);
  }

  /** Adds points in order; a step that comes again (after a resume) takes the place of what followed it. */
  append(points: readonly MetricPoint[]): void {
    for (const { step, time, values } of points) {
      while (this.#rows.length > 0 && this.#rows[this.#rows.length - 1].step >= step) this.#rows.pop();
      const row: Record<string, number> & { step: number; time: number } = { step, time };
      for (const [key, value] of Object.entries(values)) if (Number.isFinite(value)) row[key] = value;
      for (const key of this.#smoothed) {
        // Where many steps became one the average goes by their mean, not by the extreme that is drawn.
        const mean = row[`${key}Mean`] ?? row[key];
        if (mean !== undefined) row[`${key}Smooth`] = this.#average(key, mean);
      }
      this.#rows.push(row);
    }
    while (this.#rows.length > LIMIT) this.#rows = thin(this.#rows, 'loss');
  }

  #average(key: string, value: number): number {
    const { average, count } = this.#averages.get(key) ?? { average: value, count: 0 };
    const memory = Math.min(MOST_MEMORY, count / (count + MEMORY_GROWS_OVER));
    const next = { average: memory * average + (1 - memory) * value, count: count + 1 };
    this.#averages.set(key, next);
    return next.average;
  }
}

/** Halves the rows: of every four, the lowest and the highest by `key`; rows without it keep their place evenly. The newest stay. */
export function thin(rows: readonly ChartRow[], key: string): ChartRow[] {
  const recent = Math.min(200, rows.length >> 2);
  const old = rows.length - recent;
  const kept: ChartRow[] = [];
  for (let i = 0; i < old; i += 4) {
    const group = rows.slice(i, Math.min(i + 4, old));
    const known = group.filter((row) => row[key] !== undefined);
    if (known.length < 2) {
      kept.push(...group.filter((_, j) => j % 2 === 0));
      continue;
    }
    const low = known.reduce((a, b) => (b[key] < a[key] ? b : a));
    const high = known.reduce((a, b) => (b[key] >= a[key] ? b : a));
    kept.push(...(low.step < high.step ? [low, high] : [high, low]));
  }
  return [...kept, ...rows.slice(old)];
}
