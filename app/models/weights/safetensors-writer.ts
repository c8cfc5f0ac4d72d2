/** Writes safetensors: the header first, then each tensor as it is produced, so that no more than one is ever in memory. */
import { join } from 'node:path';
import { writeAtomically, writeFileAtomically } from '../../files/atomic.ts';
import { byteLength, type DType } from '../../tensor/dtype.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { SAFETENSORS_DTYPES } from './safetensors-reader.ts';
import { type TensorData, writeAt, writeTensor } from './stream.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Called once, when this tensor's turn has come. */
  produce(): TensorData | Promise<TensorData>;
}

/** What transformers expects in a file that PyTorch code may read. */
export const PYTORCH_METADATA: Readonly<Record<string, string>> = { format: 'pt' };

const TYPE_NAMES = new Map(Object.entries(SAFETENSORS_DTYPES).map(([name, dtype]) => [dtype, name]));

const bytesOfEntry = ({ dtype, shape }: TensorToWrite): number => byteLength(dtype, sizeOf(shape));

/** Large elements first, so that each tensor begins at a multiple of its element size (the format aligns nothing itself). */
const inFileOrder = (entries: readonly TensorToWrite[]): readonly TensorToWrite[] =>
  entries.toSorted((a, b) => byteLength(b.dtype, 1) - byteLength(a.dtype, 1));

/**
 * Writes one file, whole or not at all; tensors are produced in order, larger element types first.
 * @returns the size of the file in bytes
 * @throws UserError disk/full, file/not-allowed, weights/wrong-shape (produced data of another size)
 * @throws RangeError for 4-bit types, which the format has not
 */
export async function writeSafetensors(
  path: string,
  entries: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = PYTORCH_METADATA,
): Promise<number> {
  const ordered = inFileOrder(entries);
  const header = encodeHeader(ordered, metadata);
  return await writeAtomically(path, async (handle) => {
    await writeAt(handle, header, 0);
    let position = header.byteLength;
    for (const entry of ordered) {
      const bytes = bytesOfEntry(entry);
      await writeTensor(handle, entry.name, await entry.produce(), bytes, position);
      position += bytes;
    }
    return position;
  });
}

function encodeHeader(entries: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  // A null prototype, so that a tensor may be called __proto__.
  const header: Record<string, unknown> = Object.create(null);
  header.__metadata__ = metadata;
  let offset = 0;
  for (const entry of entries) {
    const { name, dtype, shape } = entry;
    const type = TYPE_NAMES.get(dtype);
    if (!type) throw new RangeError(`safetensors cannot hold ${dtype} (${name})`);
    if (name in header) throw new RangeError(`two tensors are called ${name}`);
    const end = offset + bytesOfEntry(entry);
    header[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.byteLength / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length), 0);
  json.copy(bytes, 8);
  return bytes;
}

/** Largest shard by default: what transformers writes too. */
export const SHARD_BYTES = 5 * 10 ** 9;

/**
 * Writes `model.safetensors` into a folder, or shards of at most `shardBytes` with their index (a larger tensor gets a
 * shard of its own). Call it on a folder that is still being built: the files are atomic one by one, not together.
 * @returns the names of the files written
 * @throws as writeSafetensors
 */
export async function writeShards(
  folder: string,
  entries: readonly TensorToWrite[],
  { stem = 'model', metadata = PYTORCH_METADATA, shardBytes = SHARD_BYTES } = {},
): Promise<readonly string[]> {
  const shards = divide(entries, shardBytes);
  if (shards.length <= 1) {
    await writeSafetensors(join(folder, `${stem}.safetensors`), entries, metadata);
    return [`${stem}.safetensors`];
  }
  const number = (n: number) => String(n).padStart(5, '0');
  const names = shards.map((_, i) => `${stem}-${number(i + 1)}-of-${number(shards.length)}.safetensors`);
  for (const [i, shard] of shards.entries()) await writeSafetensors(join(folder, names[i]), shard, metadata);
  const index = {
    metadata: { total_size: entries.reduce((n, entry) => n + bytesOfEntry(entry), 0) },
    weight_map: Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]]))),
  };
  const indexName = `${stem}.safetensors.index.json`;
  await writeFileAtomically(join(folder, indexName), `${JSON.stringify(index, null, 2)}\n`);
  return [...names, indexName];
}

function divide(entries: readonly TensorToWrite[], limit: number): readonly (readonly TensorToWrite[])[] {
  const shards: TensorToWrite[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const bytes = bytesOfEntry(entry);
    if (size + bytes > limit) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(entry);
    size += bytes;
  }
  return shards;
}
