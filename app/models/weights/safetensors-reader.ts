/** Opens safetensors: one file, or a folder of shards named by an index. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { insideFolder } from '../../files/inside-folder.ts';
import { openRandomAccess, type RandomAccessFile } from '../../files/random-access.ts';
import type { DType } from '../../tensor/dtype.ts';
import { headerLength, parseHeader, type SafetensorsType } from './safetensors-header.ts';
import { type StoredTensor, type WeightSource, weightSource } from './source.ts';

export const SAFETENSORS_DTYPES: Readonly<Record<SafetensorsType, DType>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  F16: 'float16',
  BF16: 'bfloat16',
  U32: 'uint32',
  I32: 'int32',
  F32: 'float32',
  U64: 'uint64',
  I64: 'int64',
  F64: 'float64',
};

interface OpenedFile {
  readonly file: RandomAccessFile;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly StoredTensor[];
}

/** @throws UserError weights/truncated, weights/corrupt, file/not-found, file/not-allowed */
export async function openSafetensors(path: string): Promise<WeightSource> {
  const { file, metadata, tensors } = await openFile(path);
  return weightSource(tensors, new Map(Object.entries(metadata)), [file]);
}

async function openFile(path: string): Promise<OpenedFile> {
  const file = await openRandomAccess(path);
  try {
    const prefix = new Uint8Array(Math.min(8, file.size));
    await file.read(0, prefix);
    const bytes = new Uint8Array(headerLength(prefix, file.size, path));
    await file.read(8, bytes);
    const header = parseHeader(bytes, file.size, path);
    const tensors = header.tensors.map((t) => ({ ...t, dtype: SAFETENSORS_DTYPES[t.dtype], file }));
    return { file, metadata: header.metadata, tensors };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens the shards that an index names. Every name must stay in the index's folder, links followed.
 * @throws UserError weights/corrupt, weights/missing, weights/truncated, file/outside-folder
 */
export async function openShards(indexPath: string): Promise<WeightSource> {
  const map = await readIndex(indexPath);
  const folder = dirname(resolve(indexPath));
  const names = [...new Set(Object.values(map))];
  const opened = new Map<string, OpenedFile>();
  try {
    for (const name of names) {
      const path = await insideFolder(folder, name);
      await stat(path).catch((cause) => {
        throw new UserError('weights/missing', `${indexPath} names ${name}, which is not there`, { cause });
      });
      opened.set(name, await openFile(path));
    }
    return weightSource(
      pick(map, opened, indexPath),
      new Map([...opened.values()].flatMap(({ metadata }) => Object.entries(metadata))),
      [...opened.values()].map(({ file }) => file),
    );
  } catch (error) {
    for (const { file } of opened.values()) await file.close();
    throw error;
  }
}

/** Which file holds each tensor. @throws UserError weights/corrupt, file/not-found */
export async function readIndex(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await withFileErrors(path, () => readFile(path, 'utf8'));
  try {
    return indexSchema.parse(JSON.parse(text)).weight_map;
  } catch (cause) {
    throw new UserError('weights/corrupt', `${path} is not a safetensors index`, { cause });
  }
}

function pick(
  map: Readonly<Record<string, string>>,
  opened: ReadonlyMap<string, OpenedFile>,
  indexPath: string,
): readonly StoredTensor[] {
  const inFiles = new Map(
    [...opened].map(([name, { tensors }]) => [name, new Map(tensors.map((t) => [t.name, t]))] as const),
  );
  return Object.entries(map).map(([name, file]) => {
    const found = inFiles.get(file)?.get(name);
    if (!found)
      throw new UserError('weights/missing', `${indexPath} puts ${name} into ${file}, which does not hold it`);
    return found;
  });
}
