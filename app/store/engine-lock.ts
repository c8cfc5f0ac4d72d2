/** One engine a data folder: a lock of the operating system's, which is gone when its process is, however it ended. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { UserError } from '../contract/errors.ts';

/** @returns what gives it up. @throws UserError store/in-use */
export function lockDataFolder(home: string): () => void {
  mkdirSync(home, { recursive: true });
  const db = new Sqlite(join(home, 'engine.lock'), { timeout: 2000 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new UserError('store/in-use', `another Lathe works with ${home}`, { cause });
  }
  return () => db.close();
}
