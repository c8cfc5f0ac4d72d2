/** Data sets that were added, and the reports on them. */
import type { DatasetCheck, DatasetSummary } from '../contract/datasets.ts';
import type { Failure } from '../contract/shared.ts';
import type { Database } from './database.ts';
import { fromJson, toJson } from './json.ts';
import { likePattern } from './search.ts';

export interface DatasetRecord extends DatasetSummary {
  readonly formatChosen: boolean;
  readonly mapping: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly split: { readonly heldOut: number; readonly seed: number };
}

interface DatasetRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly format: string | null;
  readonly format_chosen: number;
  readonly mapping: string;
  readonly columns: string;
  readonly held_out: number;
  readonly seed: number;
  readonly rows: number | null;
  readonly size_bytes: number;
  readonly added_at: number;
  readonly problem: string | null;
}

const record = (row: DatasetRow): DatasetRecord => ({
  id: row.id,
  name: row.name,
  path: row.path,
  format: row.format ?? undefined,
  formatChosen: row.format_chosen === 1,
  mapping: JSON.parse(row.mapping),
  columns: JSON.parse(row.columns),
  split: { heldOut: row.held_out, seed: row.seed },
  rows: row.rows ?? undefined,
  sizeBytes: row.size_bytes,
  addedAt: row.added_at,
  problem: fromJson<Failure>(row.problem),
});

export interface DatasetQuery {
  readonly search?: string;
  readonly sort: 'addedAt' | 'name' | 'rows' | 'sizeBytes';
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

const COLUMNS = { addedAt: 'added_at', name: 'name COLLATE NOCASE', rows: 'rows', sizeBytes: 'size_bytes' } as const;

export class DatasetsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  list({ search, sort, descending, offset, limit }: DatasetQuery): { total: number; items: DatasetRecord[] } {
    const filter = `WHERE removed_at IS NULL${search ? ` AND (name LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\')` : ''}`;
    const values = search ? [likePattern(search), likePattern(search)] : [];
    const { total } = this.#db.prepare(`SELECT COUNT(*) AS total FROM datasets ${filter}`).get(...values) as {
      total: number;
    };
    const order = `${COLUMNS[sort]} ${descending ? 'DESC' : 'ASC'} NULLS LAST, id`;
    const rows = this.#db
      .prepare(`SELECT * FROM datasets ${filter} ORDER BY ${order} LIMIT ? OFFSET ?`)
      .all(...values, limit, offset) as DatasetRow[];
    return { total, items: rows.map(record) };
  }

  get(id: string): DatasetRecord | undefined {
    const row = this.#db.prepare('SELECT * FROM datasets WHERE id = ? AND removed_at IS NULL').get(id);
    return row ? record(row as DatasetRow) : undefined;
  }

  /** The data set that lies at this path, if it was added. */
  at(path: string): DatasetRecord | undefined {
    const row = this.#db.prepare('SELECT * FROM datasets WHERE path = ? AND removed_at IS NULL').get(path);
    return row ? record(row as DatasetRow) : undefined;
  }

  save(set: DatasetRecord): void {
    this.#db
      .prepare(
        `INSERT INTO datasets (id, name, path, format, format_chosen, mapping, columns, held_out, seed, rows, size_bytes, added_at, problem)
         VALUES (@id, @name, @path, @format, @formatChosen, @mapping, @columns, @heldOut, @seed, @rows, @sizeBytes, @addedAt, @problem)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path, format = excluded.format,
           format_chosen = excluded.format_chosen, mapping = excluded.mapping, columns = excluded.columns,
           held_out = excluded.held_out, seed = excluded.seed, rows = excluded.rows, size_bytes = excluded.size_bytes,
           problem = excluded.problem`,
      )
      .run({
        ...set,
        ...set.split,
        format: set.format ?? null,
        formatChosen: set.formatChosen ? 1 : 0,
        mapping: JSON.stringify(set.mapping),
        columns: JSON.stringify(set.columns),
        rows: set.rows ?? null,
        problem: toJson(set.problem),
        split: null,
      });
  }

  /** Hides it, or shows it again. */
  hide(id: string, at: number | null): void {
    this.#db.prepare('UPDATE datasets SET removed_at = ? WHERE id = ?').run(at, id);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM datasets WHERE id = ?').run(id);
  }

  check(id: string, key: string): DatasetCheck | undefined {
    const row = this.#db.prepare('SELECT report FROM dataset_checks WHERE dataset_id = ? AND key = ?').get(id, key);
    return row ? (JSON.parse((row as { report: string }).report) as DatasetCheck) : undefined;
  }

  saveCheck(id: string, key: string, report: DatasetCheck): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO dataset_checks (dataset_id, key, checked_at, report) VALUES (?, ?, ?, ?)')
      .run(id, key, report.checkedAt, JSON.stringify(report));
  }
}
