/** Metrics of jobs: written in batches, read back thinned to what a chart can show. */
import type { MetricSeries } from '../contract/jobs.ts';
import type { Database } from './database.ts';

export interface MetricPoint {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface MetricQuery {
  readonly names?: readonly string[];
  readonly after?: number;
  readonly before?: number;
  readonly maxPoints: number;
}

export class MetricsTable {
  readonly #db: Database;
  readonly #ids = new Map<string, number>();
  constructor(db: Database) {
    this.#db = db;
  }

  /** A step that is done again replaces what was there. Values that are no numbers are left out. */
  add(jobId: string, points: readonly MetricPoint[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO metric_points (series, step, value) VALUES (?, ?, ?)');
    this.#db.transaction(() => {
      for (const { step, values } of points) {
        for (const [name, value] of Object.entries(values)) {
          if (Number.isFinite(value)) insert.run(this.#series(jobId, name), step, value);
        }
      }
    })();
  }

  #series(jobId: string, name: string): number {
    const key = `${jobId}/${name}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#db.prepare('INSERT OR IGNORE INTO metric_series (job_id, name) VALUES (?, ?)').run(jobId, name);
    const { id } = this.#db.prepare('SELECT id FROM metric_series WHERE job_id = ? AND name = ?').get(jobId, name) as {
      id: number;
    };
    this.#ids.set(key, id);
    return id;
  }

  /** After a job was removed its series' ids are free again. */
  forget(jobId: string): void {
    for (const key of this.#ids.keys()) if (key.startsWith(`${jobId}/`)) this.#ids.delete(key);
  }

  names(jobId: string): string[] {
    const rows = this.#db.prepare('SELECT name FROM metric_series WHERE job_id = ? ORDER BY id').all(jobId);
    return (rows as { name: string }[]).map(({ name }) => name);
  }

  /** Each series cut into at most `maxPoints` stretches of equal width: mean, lowest and highest value of each. */
  read(jobId: string, { names, after, before, maxPoints }: MetricQuery): MetricSeries[] {
    const all = this.#db.prepare('SELECT id, name FROM metric_series WHERE job_id = ? ORDER BY id').all(jobId) as {
      id: number;
      name: string;
    }[];
    const low = after === undefined ? Number.MIN_SAFE_INTEGER : after + 1;
    const high = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1;
    return all
      .filter(({ name }) => names === undefined || names.includes(name))
      .map(({ id, name }) => ({ name, ...this.#thinned(id, low, high, maxPoints) }));
  }

  #thinned(series: number, low: number, high: number, maxPoints: number): Omit<MetricSeries, 'name'> {
    const range = this.#db
      .prepare(
        'SELECT COUNT(*) AS points, MIN(step) AS first, MAX(step) AS last FROM metric_points WHERE series = ? AND step BETWEEN ? AND ?',
      )
      .get(series, low, high) as { points: number; first: number | null; last: number | null };
    if (range.first === null || range.last === null) return { steps: [], values: [], low: [], high: [], points: 0 };
    const width = range.points <= maxPoints ? 1 : Math.ceil((range.last - range.first + 1) / maxPoints);
    const rows = this.#db
      .prepare(
        `SELECT MAX(step), AVG(value), MIN(value), MAX(value) FROM metric_points
         WHERE series = @series AND step BETWEEN @low AND @high GROUP BY (step - @first) / @width ORDER BY step`,
      )
      .raw()
      .all({ series, low, high, first: BigInt(range.first), width: BigInt(width) }) as [
      number,
      number,
      number,
      number,
    ][];
    return {
      steps: rows.map((r) => r[0]),
      values: rows.map((r) => r[1]),
      low: rows.map((r) => r[2]),
      high: rows.map((r) => r[3]),
      points: range.points,
    };
  }
}
