/** What was removed and where it lies until the trash is emptied. */
import type { TrashEntry } from '../contract/trash.ts';
import type { Database } from './database.ts';

export interface TrashRecord extends TrashEntry {
  /** Id of the model, data set or export. */
  readonly subject: string;
  readonly folder?: string;
  /** Where the folder lay before. */
  readonly origin?: string;
}

interface TrashRow extends Omit<TrashRecord, 'removedAt' | 'folder' | 'origin'> {
  readonly removed_at: number;
  readonly folder: string | null;
  readonly origin: string | null;
}

const record = ({ removed_at, folder, origin, ...rest }: TrashRow): TrashRecord => ({
  ...rest,
  removedAt: removed_at,
  folder: folder ?? undefined,
  origin: origin ?? undefined,
});

export class TrashTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  list(): TrashRecord[] {
    return (this.#db.prepare('SELECT * FROM trash ORDER BY removed_at DESC').all() as TrashRow[]).map(record);
  }

  get(id: string): TrashRecord | undefined {
    const row = this.#db.prepare('SELECT * FROM trash WHERE id = ?').get(id) as TrashRow | undefined;
    return row && record(row);
  }

  add(entry: TrashRecord): void {
    this.#db
      .prepare(
        `INSERT INTO trash (id, kind, subject, name, folder, origin, bytes, removed_at)
         VALUES (@id, @kind, @subject, @name, @folder, @origin, @bytes, @removedAt)`,
      )
      .run({ ...entry, folder: entry.folder ?? null, origin: entry.origin ?? null });
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM trash WHERE id = ?').run(id);
  }
}
