/** The tensors of a Hugging Face folder as constants that stay in their files until somebody needs them. */
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { exists } from '../../files/exists.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { insideFolder } from '../../files/inside-folder.ts';
import { type DType, TYPED_ARRAYS, type TypedArray } from '../../tensor/dtype.ts';
import { type Constant, type ExternalTensor, isExternal } from '../../tensor/graph.ts';
import { decodeBfloat16, decodeFloat16 } from '../../tensor/half.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import { headerLength, parseHeader, type SafetensorsHeader, type SafetensorsType } from './safetensors-header.ts';
import { readIndex } from './safetensors-reader.ts';

export const DTYPES: Readonly<Record<SafetensorsType, DType>> = {
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

export type Constants = ReadonlyMap<string, ExternalTensor>;

/** @throws UserError weights/truncated, weights/corrupt, file/not-found */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be opened`, { cause });
  });
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(8);
    await handle.read(prefix, 0, 8, 0);
    const length = headerLength(prefix, size, file);
    const bytes = new Uint8Array(length);
    await handle.read(bytes, 0, length, 8);
    return parseHeader(bytes, size, file);
  } finally {
    await handle.close();
  }
}

/** The tensors of one safetensors file. */
export async function safetensorsConstants(path: string): Promise<Constants> {
  const file = resolve(path);
  const { tensors } = await readSafetensorsHeader(file);
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype: DTYPES[dtype], shape, file, offset: begin, byteLength: end - begin },
    ]),
  );
}

/**
 * The tensors of a model folder: `model.safetensors`, or the shards that its index names.
 * @throws UserError weights/missing, weights/pickle, file/outside-folder and what the files themselves give
 */
export async function folderConstants(folder: string): Promise<Constants> {
  const single = join(folder, 'model.safetensors');
  if (await exists(single)) return safetensorsConstants(single);
  const index = join(folder, 'model.safetensors.index.json');
  if (!(await exists(index))) {
    if (await exists(join(folder, 'pytorch_model.bin'))) {
      throw new UserError('weights/pickle', `${folder} holds its weights as a pickle file`);
    }
    throw new UserError('weights/missing', `${folder} has no model.safetensors`);
  }
  const constants = new Map<string, ExternalTensor>();
  for (const shard of new Set(Object.values(await readIndex(index)))) {
    const file = await insideFolder(folder, shard);
    for (const [name, constant] of await safetensorsConstants(file)) constants.set(name, constant);
  }
  return constants;
}

/** Node reads at most this much at once. */
const LARGEST_READ = 1 << 30;

/** A constant's values in memory, in the type they are stored in. */
export async function readConstant(constant: Constant): Promise<Tensor> {
  if (!isExternal(constant)) return constant;
  const { file, offset, byteLength, dtype, shape } = constant;
  const bytes = new Uint8Array(new ArrayBuffer(byteLength));
  const handle = await withFileErrors(file, () => open(file));
  try {
    for (let at = 0; at < byteLength; ) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(LARGEST_READ, byteLength - at), offset + at);
      if (bytesRead === 0) throw new UserError('weights/truncated', `${file} ends too early`);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return tensor(dtype, shape, new TYPED_ARRAYS[dtype](bytes.buffer) as TypedArray);
}

/** A constant's values as float32. @throws UserError weights/corrupt for integer weights */
export async function readFloats(constant: Constant): Promise<Float32Array> {
  const { dtype, data } = await readConstant(constant);
  switch (dtype) {
    case 'float32':
      return data as Float32Array;
    case 'float16':
      return decodeFloat16(data as Uint16Array);
    case 'bfloat16':
      return decodeBfloat16(data as Uint16Array);
    case 'float64':
      return Float32Array.from(data as Float64Array);
    default:
      throw new UserError('weights/corrupt', `weights of type ${dtype} are not floating-point numbers`);
  }
}

export const folderOf = (constants: Constants): string => {
  const [first] = constants.values();
  return first ? dirname(first.file) : '';
};
