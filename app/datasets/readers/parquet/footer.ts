/** What a Parquet file says of itself at its end: its schema, and where the columns of its row groups lie. */
import type { FileHandle } from 'node:fs/promises';
import { type FileMetaData, parquetMetadataAsync, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { getPhysicalColumns } from 'hyparquet/src/schema.js';

export interface Footer {
  readonly schema: SchemaTree;
  readonly groups: FileMetaData['row_groups'];
  /** Bytes of the file. */
  readonly size: number;
}

/** Footers of real files have kilobytes, or a few megabytes with thousands of row groups. */
const LONGEST = 256 * 1024 * 1024;

/** @throws Error for what is no Parquet file, or one that contradicts itself */
export async function readFooter(handle: FileHandle): Promise<Footer> {
  const { size } = await handle.stat();
  if (size < 12) throw new Error('it is too short');
  const slice = async (start: number, end = size): Promise<ArrayBuffer> =>
    (await readBytes(handle, start, end - start)).buffer;
  const metadata = await parquetMetadataAsync({ byteLength: size, slice }, { geoparquet: false });
  const schema = parquetSchema({ schema: metadata.schema.map(named) });
  const leaves = getPhysicalColumns(schema).join('\n');
  if (schema.children.length === 0) throw new Error('it has no columns');
  for (const group of metadata.row_groups) {
    const columns = group.columns.map((column) => column.meta_data?.path_in_schema.join('.')).join('\n');
    if (columns !== leaves) throw new Error('a row group has other columns than the schema');
    if (group.num_rows < 0n) throw new Error('a row group has less than no rows');
  }
  return { schema, groups: metadata.row_groups, size };
}

/**
 * Older and newer writers name the same kinds in two ways: text and lists the older way everywhere, as `hyparquet` looks for
 * them, and maps the newer, which it leaves as they are stored (of its own maps the order and the keys' types are lost).
 */
function named(element: SchemaElement): SchemaElement {
  const { converted_type: old, logical_type: logical } = element;
  if (old === 'MAP' || old === 'MAP_KEY_VALUE' || logical?.type === 'MAP')
    return { ...element, converted_type: undefined, logical_type: { type: 'MAP' } };
  const older = logical?.type === 'STRING' ? 'UTF8' : logical?.type === 'LIST' ? 'LIST' : undefined;
  return { ...element, converted_type: old ?? older };
}

export const isUnsigned = ({ converted_type: old, logical_type: logical }: SchemaElement): boolean =>
  logical?.type === 'INTEGER' ? !logical.isSigned : (old?.startsWith('UINT_') ?? false);

/** Exactly `length` bytes in memory of their own. */
export async function readBytes(handle: FileHandle, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!(length >= 0 && length <= LONGEST)) throw new Error(`a part of ${length} bytes`);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error('it ends too early');
    done += bytesRead;
  }
  return bytes;
}
