/** Looks for damage in a database that is in use, through a connection of its own that only reads. */
import Sqlite from 'better-sqlite3';
import { UserError } from '../contract/errors.ts';
import { checkIntegrity, damaged } from './database.ts';

/** @returns what is wrong, or undefined where nothing is */
export function databaseProblem(file: string): string | undefined {
  const db = new Sqlite(file, { readonly: true, fileMustExist: true });
  try {
    db.pragma('busy_timeout = 5000');
    checkIntegrity(db, file);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    if (String((error as { code?: string }).code).startsWith('SQLITE_CORRUPT'))
      return damaged(file, String(error)).message;
    throw error;
  } finally {
    db.close();
  }
}
