/** What was exported, with its files and checks. */
import type { ExportSummary } from '../contract/exports.ts';
import type { Database } from './database.ts';
import { likePattern } from './search.ts';

export interface ExportRecord extends Omit<ExportSummary, 'checks' | 'checksPassed'> {
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly sha256: string }[];
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
}

interface ExportRow {
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly folder: string;
  readonly model_id: string | null;
  readonly job_id: string | null;
  readonly created_at: number;
  readonly size_bytes: number;
  readonly files: string;
  readonly checks: string;
}

const record = (row: ExportRow): ExportRecord => ({
  id: row.id,
  name: row.name,
  target: row.target,
  folder: row.folder,
  modelId: row.model_id ?? undefined,
  jobId: row.job_id ?? undefined,
  createdAt: row.created_at,
  sizeBytes: row.size_bytes,
  files: JSON.parse(row.files),
  checks: JSON.parse(row.checks),
});

export class ExportsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  list(search: string | undefined, offset: number, limit: number): { total: number; items: ExportRecord[] } {
    const filter = `WHERE removed_at IS NULL${search ? ` AND name LIKE ? ESCAPE '\\'` : ''}`;
    const values = search ? [likePattern(search)] : [];
    const { total } = this.#db.prepare(`SELECT COUNT(*) AS total FROM exports ${filter}`).get(...values) as {
      total: number;
    };
    const rows = this.#db
      .prepare(`SELECT * FROM exports ${filter} ORDER BY created_at DESC LIMIT ? OFFSET ?`)
      .all(...values, limit, offset) as ExportRow[];
    return { total, items: rows.map(record) };
  }

  get(id: string): ExportRecord | undefined {
    const row = this.#db.prepare('SELECT * FROM exports WHERE id = ? AND removed_at IS NULL').get(id);
    return row ? record(row as ExportRow) : undefined;
  }

  ofModel(modelId: string): ExportRecord[] {
    const rows = this.#db.prepare('SELECT * FROM exports WHERE model_id = ? AND removed_at IS NULL').all(modelId);
    return (rows as ExportRow[]).map(record);
  }

  ofJob(jobId: string): string[] {
    const rows = this.#db
      .prepare('SELECT id FROM exports WHERE job_id = ? AND removed_at IS NULL ORDER BY created_at')
      .all(jobId);
    return (rows as { id: string }[]).map(({ id }) => id);
  }

  add(entry: ExportRecord): void {
    this.#db
      .prepare(
        `INSERT INTO exports (id, name, target, folder, model_id, job_id, created_at, size_bytes, files, checks)
         VALUES (@id, @name, @target, @folder, @modelId, @jobId, @createdAt, @sizeBytes, @files, @checks)`,
      )
      .run({
        ...entry,
        modelId: entry.modelId ?? null,
        jobId: entry.jobId ?? null,
        files: JSON.stringify(entry.files),
        checks: JSON.stringify(entry.checks),
      });
  }

  hide(id: string, at: number | null): void {
    this.#db.prepare('UPDATE exports SET removed_at = ? WHERE id = ?').run(at, id);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM exports WHERE id = ?').run(id);
  }
}
