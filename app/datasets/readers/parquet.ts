/** Parquet, through DuckDB: streamed in file order with bounded memory. */

import { stat } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { UserError } from '../../contract/errors.ts';
import type { Place, Row, SourceRow } from '../types.ts';
import { unreadable } from './lines.ts';

/** One thread keeps the order of rows; extensions could reach for the network. */
const SETTINGS = {
  threads: '1',
  memory_limit: '512MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
} as const;

/** @throws UserError dataset/unreadable, file/not-found */
export async function* readParquet(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  await stat(file).catch((cause) => {
    throw unreadable(file, cause);
  });
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  let connection: DuckDBConnection | undefined;
  try {
    connection = await instance.connect();
    // A path is a pattern to DuckDB: its special characters are put into brackets of their own.
    const pattern = file.replace(/[*?[]/g, '[$&]');
    let row = from?.offset ?? 0;
    const result = await connection.stream(`SELECT * FROM read_parquet($1) OFFSET ${row}`, [pattern]);
    for await (const batch of result.yieldRowObjectJson())
      yield batch.map((value) => ({ offset: row, row: (row += 1), value: withoutNulls(value) as Row }));
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof UserError) throw cause;
    const reason = cause.message.split('\n')[0].slice(0, 200);
    throw new UserError('dataset/unreadable', `${file} is not a complete Parquet file: ${reason}`, { cause });
  } finally {
    connection?.closeSync();
    instance.closeSync();
  }
}

/** Columnar files have every field in every record: a null there says that the record never had it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(entries.map(([name, field]) => [name, withoutNulls(field)]));
}
