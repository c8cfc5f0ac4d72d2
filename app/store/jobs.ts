/** Jobs as they are kept: what was asked, what became of it, log and samples. */
import type { JobProgress, JobState, StepReport } from '../contract/jobs.ts';
import type { Failure } from '../contract/shared.ts';
import type { Database } from './database.ts';
import { fromJson, toJson } from './json.ts';
import { likePattern } from './search.ts';

/** What was asked for. */
export type JobTask =
  | {
      readonly kind: 'recipe';
      readonly yaml: string;
      readonly name: string;
      readonly model: string;
      readonly dataset?: string;
      readonly evaluate?: string;
      /** How the data set's columns and rows are to be read. */
      readonly reading?: {
        readonly format?: string;
        readonly columns?: readonly string[];
        readonly heldOut?: number;
        readonly seed?: number;
      };
      readonly steps: readonly { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[];
      readonly prompts: readonly string[];
      /** The user named the result. */
      readonly named: boolean;
    }
  | { readonly kind: 'import'; readonly path: string; readonly id?: string }
  | { readonly kind: 'download'; readonly repo: string; readonly revision?: string };

export interface JobRecord {
  readonly id: string;
  readonly title: string;
  readonly state: JobState;
  readonly stopping?: 'pause' | 'cancel';
  readonly place: number;
  readonly task: JobTask;
  readonly steps: readonly StepReport[];
  readonly step: number;
  readonly progress?: JobProgress;
  readonly resume: boolean;
  /** The model that the present step begins with. */
  readonly currentModel?: string;
  readonly model?: string;
  readonly datasetId?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly workedSeconds: number;
  readonly runningSince?: number;
  readonly peakMemory?: number;
  readonly failure?: Failure;
}

type JobRow = Record<string, string | number | null>;

const optional = <T>(value: string | number | null): T | undefined => (value === null ? undefined : (value as T));

const record = (row: JobRow): JobRecord => ({
  id: row.id as string,
  title: row.title as string,
  state: row.state as JobState,
  stopping: optional(row.stopping),
  place: row.place as number,
  task: JSON.parse(row.task as string),
  steps: JSON.parse(row.steps as string),
  step: row.step as number,
  progress: fromJson(row.progress as string | null),
  resume: row.resume === 1,
  currentModel: optional(row.current_model),
  model: optional(row.model),
  datasetId: optional(row.dataset_id),
  createdAt: row.created_at as number,
  startedAt: optional(row.started_at),
  finishedAt: optional(row.finished_at),
  workedSeconds: row.worked_seconds as number,
  runningSince: optional(row.running_since),
  peakMemory: optional(row.peak_memory),
  failure: fromJson(row.failure as string | null),
});

/** Column and value of every field that may change. */
const FIELDS: Readonly<Partial<Record<keyof JobRecord, readonly [string, (value: never) => string | number | null]>>> =
  {
    title: ['title', (v: string) => v],
    state: ['state', (v: JobState) => v],
    stopping: ['stopping', (v?: string) => v ?? null],
    place: ['place', (v: number) => v],
    steps: ['steps', (v: unknown) => JSON.stringify(v)],
    step: ['step', (v: number) => v],
    progress: ['progress', (v: unknown) => toJson(v)],
    resume: ['resume', (v: boolean) => (v ? 1 : 0)],
    currentModel: ['current_model', (v?: string) => v ?? null],
    startedAt: ['started_at', (v?: number) => v ?? null],
    finishedAt: ['finished_at', (v?: number) => v ?? null],
    workedSeconds: ['worked_seconds', (v: number) => v],
    runningSince: ['running_since', (v?: number) => v ?? null],
    peakMemory: ['peak_memory', (v?: number) => v ?? null],
    failure: ['failure', (v: unknown) => toJson(v)],
  };

export interface LogLine {
  readonly number: number;
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface Sample {
  readonly moment: 'before' | 'during' | 'after';
  readonly step: number;
  readonly at: number;
  readonly prompt: string;
  readonly text: string;
}

export interface JobQuery {
  readonly search?: string;
  readonly states?: readonly JobState[];
  readonly model?: string;
  readonly offset: number;
  readonly limit: number;
}

export class JobsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  add(job: JobRecord): void {
    this.#db
      .prepare(
        `INSERT INTO jobs (id, title, kind, state, place, task, steps, model, dataset_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        job.id,
        job.title,
        job.task.kind,
        job.state,
        job.place,
        JSON.stringify(job.task),
        JSON.stringify(job.steps),
        job.model ?? null,
        job.datasetId ?? null,
        job.createdAt,
      );
  }

  get(id: string): JobRecord | undefined {
    const row = this.#db.prepare('SELECT * FROM jobs WHERE id = ?').get(id) as JobRow | undefined;
    return row && record(row);
  }

  /** Running and queued ones first, in the order in which they will be done; then the newest. */
  list({ search, states, model, offset, limit }: JobQuery): { total: number; items: JobRecord[] } {
    const where = ['1'];
    const values: unknown[] = [];
    if (search) {
      where.push(`title LIKE ? ESCAPE '\\'`);
      values.push(likePattern(search));
    }
    if (states && states.length > 0) {
      where.push(`state IN (${states.map(() => '?').join(', ')})`);
      values.push(...states);
    }
    if (model) {
      where.push('model = ?');
      values.push(model);
    }
    const filter = `WHERE ${where.join(' AND ')}`;
    const { total } = this.#db.prepare(`SELECT COUNT(*) AS total FROM jobs ${filter}`).get(...values) as {
      total: number;
    };
    const rows = this.#db
      .prepare(
        `SELECT * FROM jobs ${filter} ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END,
         CASE WHEN state = 'queued' THEN place END, created_at DESC, id LIMIT ? OFFSET ?`,
      )
      .all(...values, limit, offset) as JobRow[];
    return { total, items: rows.map(record) };
  }

  counts(): Record<JobState, number> {
    const counts = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0, interrupted: 0 };
    const rows = this.#db.prepare('SELECT state, COUNT(*) AS n FROM jobs GROUP BY state').all();
    for (const { state, n } of rows as { state: JobState; n: number }[]) counts[state] = n;
    return counts;
  }

  inState(state: JobState): JobRecord[] {
    return (this.#db.prepare('SELECT * FROM jobs WHERE state = ? ORDER BY place').all(state) as JobRow[]).map(record);
  }

  update(id: string, change: Partial<JobRecord>): void {
    const fields = (Object.keys(change) as (keyof JobRecord)[]).map((key) => {
      const field = FIELDS[key];
      if (!field) throw new Error(`${key} of a job never changes`);
      return [field[0], field[1](change[key] as never)] as const;
    });
    if (fields.length === 0) return;
    this.#db
      .prepare(`UPDATE jobs SET ${fields.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`)
      .run(...fields.map(([, value]) => value), id);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM jobs WHERE id = ?').run(id);
  }

  /** Jobs that read this model or data set. */
  using(subject: { readonly model?: string; readonly datasetId?: string }): JobRecord[] {
    const rows = subject.datasetId
      ? this.#db
          .prepare('SELECT * FROM jobs WHERE dataset_id = ? ORDER BY created_at DESC LIMIT 100')
          .all(subject.datasetId)
      : this.#db.prepare('SELECT * FROM jobs WHERE model = ? ORDER BY created_at DESC LIMIT 100').all(subject.model);
    return (rows as JobRow[]).map(record);
  }

  log(jobId: string, level: LogLine['level'], text: string, at: number): LogLine {
    const { next } = this.#db
      .prepare('SELECT COALESCE(MAX(number), -1) + 1 AS next FROM job_log WHERE job_id = ?')
      .get(jobId) as { next: number };
    this.#db
      .prepare('INSERT INTO job_log (job_id, number, at, level, text) VALUES (?, ?, ?, ?, ?)')
      .run(jobId, next, at, level, text);
    return { number: next, at, level, text };
  }

  lines(jobId: string, after: number, limit: number): { lines: LogLine[]; total: number } {
    const { total } = this.#db.prepare('SELECT COUNT(*) AS total FROM job_log WHERE job_id = ?').get(jobId) as {
      total: number;
    };
    const lines = this.#db
      .prepare('SELECT number, at, level, text FROM job_log WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?')
      .all(jobId, after, limit) as LogLine[];
    return { lines, total };
  }

  addSample(jobId: string, sample: Sample): void {
    this.#db
      .prepare(
        `INSERT INTO job_samples (job_id, number, moment, step, at, prompt, text)
         VALUES (?, (SELECT COALESCE(MAX(number), -1) + 1 FROM job_samples WHERE job_id = ?), ?, ?, ?, ?, ?)`,
      )
      .run(jobId, jobId, sample.moment, sample.step, sample.at, sample.prompt, sample.text);
  }

  samples(jobId: string): Sample[] {
    return this.#db
      .prepare('SELECT moment, step, at, prompt, text FROM job_samples WHERE job_id = ? ORDER BY number')
      .all(jobId) as Sample[];
  }
}
