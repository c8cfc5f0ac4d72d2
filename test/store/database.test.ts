/** Opening the database: new, from every earlier schema, damaged, from a newer version. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { openDatabase, schemaVersion } from '../../app/store/database.ts';
import { MIGRATIONS, Store } from '../../app/store/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lathe-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, 'lathe.db');
const schemaOf = (path: string) => {
  const db = new Sqlite(path, { readonly: true });
  const rows = db.prepare('SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name').all();
  db.close();
  return rows;
};
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.code : String(error);
  }
};

it('writes ahead, keeps references and has the newest version', () => {
  const db = openDatabase(file());
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
  expect(schemaVersion(db)).toBe(MIGRATIONS.at(-1)!.version);
  expect(() => db.prepare("INSERT INTO job_log VALUES ('none', 0, 0, 'info', 'x')").run()).toThrow(/FOREIGN KEY/);
  db.close();
});

it('numbers migrations in ascending order', () => {
  const versions = MIGRATIONS.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

describe.each(MIGRATIONS.slice(0, -1).map(({ version }, i) => ({ version, count: i + 1 })))(
  'from version $version',
  ({ version, count }) => {
    it('comes to the schema that a new database has, keeps what was there, and leaves a copy', () => {
      openDatabase(join(folder, 'new.db')).close();
      const old = openDatabase(file(), MIGRATIONS.slice(0, count));
      expect(schemaVersion(old)).toBe(version);
      old.prepare("INSERT INTO settings VALUES ('theme', '\"dark\"')").run();
      old.close();
      const db = openDatabase(file());
      expect(db.prepare('SELECT value FROM settings').pluck().get()).toBe('"dark"');
      db.close();
      expect(schemaOf(file())).toEqual(schemaOf(join(folder, 'new.db')));
      const copies = readdirSync(folder).filter((name) => name.includes('before-update'));
      expect(copies).toHaveLength(1);
      const copy = new Sqlite(join(folder, copies[0]), { readonly: true });
      expect(copy.prepare('SELECT value FROM settings').pluck().get()).toBe('"dark"');
      expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
      copy.close();
    });
  },
);

it('leaves the database as it was when a migration fails', () => {
  openDatabase(file(), MIGRATIONS.slice(0, 1)).close();
  const broken = [
    ...MIGRATIONS.slice(0, 1),
    { version: 15, sql: 'CREATE TABLE half (x); SELECT nonsense FROM nowhere' },
  ];
  expect(() => openDatabase(file(), broken)).toThrow(/nowhere/);
  const db = new Sqlite(file());
  expect([
    schemaVersion(db),
    db.prepare("SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'").pluck().get(),
  ]).toEqual([10, 0]);
  db.close();
});

it('refuses a damaged file and one of a newer version', () => {
  writeFileSync(file(), 'this is no database, whatever its name says'.repeat(200));
  expect(codeOf(() => openDatabase(file()))).toBe('store/damaged');
  const newer = join(folder, 'newer.db');
  openDatabase(newer, [...MIGRATIONS, { version: 9000, sql: 'CREATE TABLE future (x)' }]).close();
  expect(codeOf(() => openDatabase(newer))).toBe('store/newer');
});

it('keeps what was written when it is opened again', () => {
  const first = new Store(file());
  first.settings.set('settings', { theme: 'dark' });
  first.drafts.save({ id: 'a', wizard: 'finetune', title: 'x', form: { rank: 8 }, savedAt: 5 });
  first.close();
  const second = new Store(file());
  expect(second.settings.all()).toEqual({ settings: { theme: 'dark' } });
  expect(second.drafts.list()).toEqual([{ id: 'a', wizard: 'finetune', title: 'x', form: { rank: 8 }, savedAt: 5 }]);
  second.close();
});
