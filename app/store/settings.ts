/** Settings and small values that the engine keeps, by name. */
import type { Database } from './database.ts';

export class SettingsTable {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  all(): Record<string, unknown> {
    const rows = this.#db.prepare('SELECT name, value FROM settings').all() as { name: string; value: string }[];
    return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value)]));
  }

  get<T>(name: string): T | undefined {
    const row = this.#db.prepare('SELECT value FROM settings WHERE name = ?').get(name) as
      | { value: string }
      | undefined;
    return row ? (JSON.parse(row.value) as T) : undefined;
  }

  set(name: string, value: unknown): void {
    this.#db
      .prepare(
        'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      .run(name, JSON.stringify(value));
  }
}
