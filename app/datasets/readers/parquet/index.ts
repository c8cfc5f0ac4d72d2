/** Parquet: rows in file order, read page by page, so that memory holds a few pages of every column and never a whole file. */

import { type FileHandle, open } from 'node:fs/promises';
import type { RowGroup, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { UserError } from '../../../contract/errors.ts';
import type { Place, Row, SourceRow } from '../../types.ts';
import { unreadable } from '../lines.ts';
import { ColumnPages } from './column-pages.ts';
import { type Footer, readFooter } from './footer.ts';
import { rowConverter } from './values.ts';

/** Rows given at once, fewer where they are large. */
const BATCH_ROWS = 1024;
const BATCH_BYTES = 16 * 1024 * 1024;

/** @throws UserError dataset/unreadable, file/not-found, file/not-allowed */
export async function* readParquet(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const footer = await readFooter(handle);
    const toRow = rowConverter(footer.schema);
    let row = 0;
    let skip = from?.offset ?? 0;
    for (const group of footer.groups) {
      const count = Number(group.num_rows);
      if (skip >= count) {
        skip -= count;
        row += count;
        continue;
      }
      row += skip;
      for await (const values of groupRows(handle, footer, group, skip))
        yield values.map((value) => ({ offset: row, row: (row += 1), value: toRow(value) }));
      skip = 0;
    }
  } catch (cause) {
    const known = unreadable(file, cause);
    if (!(known instanceof Error) || known instanceof UserError) throw known;
    const reason = known.message.split('\n')[0].slice(0, 200);
    throw new UserError('dataset/unreadable', `${file} is not a complete Parquet file: ${reason}`, { cause });
  } finally {
    await handle?.close();
  }
}

/** The rows of one row group after the first `skip`, in batches, with values as Parquet stores them. */
async function* groupRows(handle: FileHandle, footer: Footer, group: RowGroup, skip: number): AsyncGenerator<Row[]> {
  const count = Number(group.num_rows);
  const columns = group.columns.map((chunk) => new ColumnPages(handle, footer, chunk, count));
  const rowBytes = Number(group.total_byte_size) / count;
  const most = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / Math.max(1, rowBytes))));
  for (const column of columns) await column.skip(skip);
  for (let done = skip; done < count; ) {
    const length = Math.min(most, count - done);
    const parts = new Map<string, unknown[]>();
    for (const column of columns) parts.set(column.path.join('.'), await column.take(length));
    const fields = footer.schema.children.map((child) => [child.element.name, fieldValues(child, parts)] as const);
    yield Array.from({ length }, (_, i) => Object.fromEntries(fields.map(([name, values]) => [name, values[i]])));
    done += length;
  }
}

/** One top-level field's values, put together from those of its leaves. */
function fieldValues(field: SchemaTree, parts: Map<string, unknown[]>): unknown[] {
  if (field.children.length > 0) assembleNested(parts, field, DEFAULT_PARSERS);
  const values = parts.get(field.element.name);
  if (!values) throw new Error(`the column ${field.element.name} is missing`);
  return values;
}
