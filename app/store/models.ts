/** The index of the model library: what lists and graphs ask for, so that 10,000 folders need not be opened. */

import type { Measurements } from '../contract/measurements.ts';
import type { MODEL_SORTS, ModelSummary } from '../contract/models.ts';
import type { Failure } from '../contract/shared.ts';
import type { Database } from './database.ts';
import { fromJson, toJson } from './json.ts';
import { likePattern } from './search.ts';

export interface ModelRecord extends Omit<ModelSummary, 'parent' | 'family'> {
  /** The source, then the date of every step. */
  readonly lineage: readonly string[];
  /** Modification time of the folder when it was looked at, in milliseconds. */
  readonly folderTime: number;
}

interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly size_bytes: number;
  readonly bits_per_weight: number;
  readonly format: string;
  readonly context_length: number;
  readonly technique: string | null;
  readonly parent: string | null;
  readonly family: string;
  readonly added_at: number;
  readonly measured: string | null;
  readonly problem: string | null;
}

export interface ModelQuery {
  readonly search?: string;
  readonly family?: string;
  readonly sort: (typeof MODEL_SORTS)[number];
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

const COLUMNS: Readonly<Record<ModelQuery['sort'], string>> = {
  addedAt: 'added_at',
  name: 'name COLLATE NOCASE',
  parameters: 'parameters',
  sizeBytes: 'size_bytes',
  architecture: 'architecture',
  perplexity: 'perplexity',
  decodeTokensPerSecond: 'decode_rate',
};

const summary = (row: ModelRow): ModelSummary => ({
  id: row.id,
  name: row.name,
  path: row.path,
  architecture: row.architecture,
  parameters: row.parameters,
  sizeBytes: row.size_bytes,
  bitsPerWeight: row.bits_per_weight,
  format: row.format,
  contextLength: row.context_length,
  technique: row.technique ?? undefined,
  parent: row.parent ?? undefined,
  family: row.family,
  addedAt: row.added_at,
  measured: fromJson<Measurements>(row.measured),
  problem: fromJson<Failure>(row.problem),
});

export interface StoredMeasurement {
  readonly at: number;
  readonly jobId?: string;
  readonly evaluatedOn?: string;
  readonly values: Measurements;
}

export class ModelsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  list({ search, family, sort, descending, offset, limit }: ModelQuery): { total: number; items: ModelSummary[] } {
    const where: string[] = [];
    const values: unknown[] = [];
    if (search) {
      where.push(`(name LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\' OR architecture LIKE ? ESCAPE '\\')`);
      values.push(...Array(3).fill(likePattern(search)));
    }
    if (family) {
      where.push('family = ?');
      values.push(family);
    }
    const filter = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
    const column = COLUMNS[sort];
    const direction = descending ? 'DESC' : 'ASC';
    const { total } = this.#db.prepare(`SELECT COUNT(*) AS total FROM models ${filter}`).get(...values) as {
      total: number;
    };
    const rows = this.#db
      .prepare(`SELECT * FROM models ${filter} ORDER BY ${column} ${direction} NULLS LAST, id LIMIT ? OFFSET ?`)
      .all(...values, limit, offset) as ModelRow[];
    return { total, items: rows.map(summary) };
  }

  get(id: string): ModelSummary | undefined {
    const row = this.#db.prepare('SELECT * FROM models WHERE id = ?').get(id) as ModelRow | undefined;
    return row && summary(row);
  }

  children(id: string): string[] {
    const rows = this.#db.prepare('SELECT id FROM models WHERE parent = ? ORDER BY added_at').all(id);
    return (rows as { id: string }[]).map((row) => row.id);
  }

  /** Folder time of every model: what the index was made from. */
  times(): Map<string, number> {
    const rows = this.#db.prepare('SELECT id, folder_time FROM models').all() as { id: string; folder_time: number }[];
    return new Map(rows.map(({ id, folder_time }) => [id, folder_time]));
  }

  save(record: ModelRecord): void {
    this.#db
      .prepare(
        `INSERT INTO models (id, name, path, architecture, parameters, size_bytes, bits_per_weight, format, context_length,
           technique, family, lineage, added_at, folder_time, perplexity, decode_rate, measured, problem)
         VALUES (@id, @name, @path, @architecture, @parameters, @sizeBytes, @bitsPerWeight, @format, @contextLength,
           @technique, @id, @lineage, @addedAt, @folderTime, @perplexity, @decodeRate, @measured, @problem)
         ON CONFLICT (id) DO UPDATE SET path = excluded.path, architecture = excluded.architecture,
           parameters = excluded.parameters, size_bytes = excluded.size_bytes, bits_per_weight = excluded.bits_per_weight,
           format = excluded.format, context_length = excluded.context_length, technique = excluded.technique,
           lineage = excluded.lineage, folder_time = excluded.folder_time, problem = excluded.problem,
           perplexity = COALESCE(excluded.perplexity, perplexity), decode_rate = COALESCE(excluded.decode_rate, decode_rate),
           measured = COALESCE(excluded.measured, measured)`,
      )
      .run({
        ...record,
        technique: record.technique ?? null,
        lineage: JSON.stringify(record.lineage),
        measured: toJson(record.measured),
        problem: toJson(record.problem),
        perplexity: record.measured?.perplexity ?? null,
        decodeRate: record.measured?.decodeTokensPerSecond ?? null,
      });
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM models WHERE id = ?').run(id);
  }

  rename(id: string, name: string): void {
    this.#db.prepare('UPDATE models SET name = ? WHERE id = ?').run(name, id);
  }

  /** Finds everybody's nearest ancestor and family anew. */
  relink(): void {
    const rows = this.#db.prepare('SELECT id, lineage, parent, family FROM models ORDER BY added_at, id').all() as {
      id: string;
      lineage: string;
      parent: string | null;
      family: string;
    }[];
    const byLineage = new Map<string, string>();
    for (const { id, lineage } of rows) if (!byLineage.has(lineage)) byLineage.set(lineage, id);
    const parents = new Map<string, string | null>();
    for (const { id, lineage } of rows) parents.set(id, nearestAncestor(id, JSON.parse(lineage), byLineage));
    const families = new Map<string, string>();
    const familyOf = (id: string): string => {
      const known = families.get(id);
      if (known !== undefined) return known;
      const parent = parents.get(id);
      const family = parent ? familyOf(parent) : id;
      families.set(id, family);
      return family;
    };
    const update = this.#db.prepare('UPDATE models SET parent = ?, family = ? WHERE id = ?');
    this.#db.transaction(() => {
      for (const { id, parent, family } of rows) {
        const [newParent, newFamily] = [parents.get(id) ?? null, familyOf(id)];
        if (newParent !== parent || newFamily !== family) update.run(newParent, newFamily, id);
      }
    })();
  }

  /** The family of `id`, or the newest models; at most `limit`. */
  graph(id: string | undefined, limit: number): { total: number; nodes: ModelSummary[] } {
    const family = id === undefined ? undefined : this.get(id)?.family;
    const query = { sort: 'addedAt', descending: true, offset: 0, limit, family } as const;
    const { total, items } = this.list(query);
    return { total, nodes: items };
  }

  families(limit: number): { id: string; name: string; versions: number }[] {
    return this.#db
      .prepare(
        `SELECT family AS id, COALESCE((SELECT name FROM models r WHERE r.id = m.family), family) AS name, COUNT(*) AS versions
         FROM models m GROUP BY family ORDER BY MAX(added_at) DESC LIMIT ?`,
      )
      .all(limit) as { id: string; name: string; versions: number }[];
  }

  measure(id: string, { at, jobId, evaluatedOn, values }: StoredMeasurement): void {
    this.#db
      .prepare(
        'INSERT OR REPLACE INTO measurements (model_id, at, job_id, evaluated_on, report) VALUES (?, ?, ?, ?, ?)',
      )
      .run(id, at, jobId ?? null, evaluatedOn ?? null, JSON.stringify(values));
    // A report without quality must not hide an earlier one that has it.
    const old = this.get(id)?.measured ?? {};
    const measured = { ...old, ...values };
    this.#db
      .prepare('UPDATE models SET measured = ?, perplexity = ?, decode_rate = ? WHERE id = ?')
      .run(JSON.stringify(measured), measured.perplexity ?? null, measured.decodeTokensPerSecond ?? null, id);
  }

  measurements(id: string): StoredMeasurement[] {
    const rows = this.#db
      .prepare('SELECT at, job_id, evaluated_on, report FROM measurements WHERE model_id = ? ORDER BY at DESC')
      .all(id) as { at: number; job_id: string | null; evaluated_on: string | null; report: string }[];
    return rows.map(({ at, job_id, evaluated_on, report }) => ({
      at,
      jobId: job_id ?? undefined,
      evaluatedOn: evaluated_on ?? undefined,
      values: JSON.parse(report),
    }));
  }
}

function nearestAncestor(
  id: string,
  lineage: readonly string[],
  byLineage: ReadonlyMap<string, string>,
): string | null {
  for (let length = lineage.length - 1; length >= 1; length--) {
    const found = byLineage.get(JSON.stringify(lineage.slice(0, length)));
    if (found !== undefined && found !== id) return found;
  }
  return null;
}
