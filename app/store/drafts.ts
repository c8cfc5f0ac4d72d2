/** Unfinished wizards. */
import type { Draft } from '../contract/drafts.ts';
import type { Database } from './database.ts';

interface DraftRow {
  readonly id: string;
  readonly wizard: string;
  readonly title: string;
  readonly form: string;
  readonly saved_at: number;
}

export class DraftsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  list(): Draft[] {
    const rows = this.#db.prepare('SELECT * FROM drafts ORDER BY saved_at DESC').all() as DraftRow[];
    return rows.map(({ saved_at, form, ...rest }) => ({ ...rest, form: JSON.parse(form), savedAt: saved_at }));
  }

  save({ id, wizard, title, form, savedAt }: Draft): void {
    this.#db
      .prepare(
        `INSERT INTO drafts (id, wizard, title, form, saved_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET wizard = excluded.wizard, title = excluded.title, form = excluded.form, saved_at = excluded.saved_at`,
      )
      .run(id, wizard, title, JSON.stringify(form), savedAt);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM drafts WHERE id = ?').run(id);
  }
}
