/** Opens the database: checked, backed up before it is changed, and brought to the newest schema. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { UserError } from '../contract/errors.ts';
import { MIGRATIONS, type Migration } from './migrations/index.ts';

export type Database = Sqlite.Database;

const BACKUPS_KEPT = 3;

/**
 * @param file path of the database, made where it is missing
 * @throws UserError store/damaged, store/newer
 */
export function openDatabase(file: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  mkdirSync(dirname(file), { recursive: true });
  let db: Database | undefined;
  try {
    db = new Sqlite(file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    checkIntegrity(db, file);
    migrate(db, file, migrations);
    return db;
  } catch (error) {
    db?.close();
    const code = (error as { code?: string }).code ?? '';
    if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) throw damaged(file, String(error));
    throw error;
  }
}

export const damaged = (file: string, what: string): UserError =>
  new UserError('store/damaged', `${file} is damaged: ${what}; copies from before updates lie beside it`);

export const schemaVersion = (db: Database): number => db.pragma('user_version', { simple: true }) as number;

/** SQLite's own quick check, and that every reference leads somewhere. @throws UserError store/damaged */
export function checkIntegrity(db: Database, file: string): void {
  const answer = db.pragma('quick_check(1)', { simple: true }) as string;
  if (answer !== 'ok') throw damaged(file, answer);
  const [orphan] = db.pragma('foreign_key_check') as { table: string }[];
  if (orphan) throw damaged(file, `a row of ${orphan.table} refers to nothing`);
}

function migrate(db: Database, file: string, migrations: readonly Migration[]): void {
  const from = schemaVersion(db);
  const newest = migrations.at(-1)!.version;
  if (from > newest) throw new UserError('store/newer', `${file} was written by a newer version of Lathe`);
  const missing = migrations.filter(({ version }) => version > from);
  if (missing.length === 0) return;
  if (from > 0) backUp(db, file, from);
  for (const { version, sql } of missing) {
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    })();
  }
}

/** A whole copy beside the database; the oldest copies go. */
function backUp(db: Database, file: string, version: number): void {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const prefix = `${basename(file)}.before-update-`;
  db.prepare('VACUUM INTO ?').run(join(dirname(file), `${prefix}${stamp}-v${version}`));
  const old = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .sort()
    .slice(0, -BACKUPS_KEPT);
  for (const name of old) rmSync(join(dirname(file), name), { force: true });
}
