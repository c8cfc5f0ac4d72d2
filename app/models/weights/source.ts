/** Weights that lie in files: what they are called, and how to get the ones that are wanted, and only those, into memory. */

import { UserError } from '../../contract/errors.ts';
import type { RandomAccessFile } from '../../files/random-access.ts';
import { type DType, TYPED_ARRAYS } from '../../tensor/dtype.ts';
import { sizeOf, type Tensor, tensor } from '../../tensor/tensor.ts';
import { BLOCK_FORMATS, type BlockType } from './blocks/index.ts';
import type { Codec } from './codec.ts';
import { bytesOf, plainCodec } from './plain-codecs.ts';

/** How a tensor is stored: plain elements, or blocks of quantized ones. */
export type StoredType = DType | BlockType;

export interface WeightInfo {
  readonly name: string;
  readonly dtype: StoredType;
  /** Row-major, the last dimension contiguous. */
  readonly shape: readonly number[];
}

export interface WeightSource {
  readonly tensors: ReadonlyMap<string, WeightInfo>;
  /** Free texts of the file's header. */
  readonly metadata: ReadonlyMap<string, string>;
  /** A fresh array, decoded. @throws UserError weights/missing, weights/truncated */
  readFloat32(name: string): Promise<Float32Array>;
  /** As stored; block types come as float32. @throws UserError weights/missing, weights/truncated */
  read(name: string): Promise<Tensor>;
  /** Decodes into `target`, which must have the tensor's size. Never holds more than a few megabytes besides. */
  readInto(name: string, target: Float32Array): Promise<void>;
  /** Rows `begin` to `end` of the first dimension, decoded, in a fresh array. */
  readRows(name: string, begin: number, end: number): Promise<Float32Array>;
  /** The same into `target`. */
  readRowsInto(name: string, begin: number, end: number, target: Float32Array): Promise<void>;
  /** The bytes as they lie in the file, at most `chunkBytes` at a time; each chunk is valid until the next is asked for. */
  readBytes(name: string, chunkBytes?: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A tensor and where it lies. */
export interface StoredTensor extends WeightInfo {
  readonly file: RandomAccessFile;
  readonly begin: number;
  readonly end: number;
}

export const isBlockType = (type: StoredType): type is BlockType => Object.hasOwn(BLOCK_FORMATS, type);

export const codecOf = (type: StoredType): Codec => (isBlockType(type) ? BLOCK_FORMATS[type] : plainCodec(type));

/** Bytes that `elements` values of this type take. */
export function storedBytes(type: StoredType, elements: number): number {
  const { elements: block, bytes } = codecOf(type);
  return (elements / block) * bytes;
}

/** Stored bytes read at a time while decoding: large enough for the disk, small enough for the processor's cache. */
const CHUNK = 4 * 2 ** 20;

/** A source over tensors whose places are already proved to lie inside their files. */
export function weightSource(
  stored: Iterable<StoredTensor>,
  metadata: ReadonlyMap<string, string>,
  files: readonly RandomAccessFile[],
): WeightSource {
  const tensors = new Map<string, StoredTensor>();
  for (const t of stored) tensors.set(t.name, Object.freeze(t));

  const find = (name: string): StoredTensor => {
    const found = tensors.get(name);
    if (!found) throw new UserError('weights/missing', `the weights have no tensor named ${name}`);
    return found;
  };
  const readRowsInto = async (name: string, begin: number, end: number, target: Float32Array) => {
    const found = find(name);
    const rows = found.shape[0] ?? 1;
    const width = rows === 0 ? 0 : sizeOf(found.shape) / rows;
    if (begin < 0 || end > rows || begin > end)
      throw new RangeError(`${name} has ${rows} rows, not [${begin}, ${end})`);
    if (target.length !== (end - begin) * width)
      throw new RangeError(`${name}: ${(end - begin) * width} values do not fit in ${target.length}`);
    await decodeElements(found, begin * width, target);
  };
  const readInto = (name: string, target: Float32Array) => {
    const { shape } = find(name);
    if (target.length !== sizeOf(shape)) throw new RangeError(`${name} [${shape}] does not fit in ${target.length}`);
    return decodeElements(find(name), 0, target);
  };
  return {
    tensors,
    metadata,
    readInto,
    readRowsInto,
    async readFloat32(name) {
      const target = new Float32Array(sizeOf(find(name).shape));
      await readInto(name, target);
      return target;
    },
    async read(name) {
      const { dtype, shape, file, begin, end } = find(name);
      if (isBlockType(dtype)) return tensor('float32', shape, await this.readFloat32(name));
      const data = new TYPED_ARRAYS[dtype]((end - begin) / TYPED_ARRAYS[dtype].BYTES_PER_ELEMENT);
      await file.read(begin, bytesOf(data));
      return tensor(dtype, shape, data);
    },
    async readRows(name, begin, end) {
      const { shape } = find(name);
      const rows = shape[0] ?? 1;
      const target = new Float32Array(rows === 0 ? 0 : (sizeOf(shape) / rows) * (end - begin));
      await readRowsInto(name, begin, end, target);
      return target;
    },
    readBytes(name, chunkBytes = CHUNK) {
      return readChunks(find(name), chunkBytes);
    },
    async close() {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

/** Decodes `target.length` elements from element `first` on. The next chunk is read while this one is decoded. */
async function decodeElements(stored: StoredTensor, first: number, target: Float32Array): Promise<void> {
  const codec = codecOf(stored.dtype);
  if (first % codec.elements !== 0 || target.length % codec.elements !== 0)
    return await decodeUnaligned(stored, codec, first, target);
  const begin = stored.begin + (first / codec.elements) * codec.bytes;
  if (stored.dtype === 'float32') return await stored.file.read(begin, bytesOf(target));
  const blocks = target.length / codec.elements;
  const step = Math.max(1, Math.floor(CHUNK / codec.bytes));
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(step, blocks) * codec.bytes));
  const load = async (block: number, buffer: Uint8Array) => {
    const part = buffer.subarray(0, Math.min(step, blocks - block) * codec.bytes);
    await stored.file.read(begin + block * codec.bytes, part);
    return part;
  };
  let [current, spare] = buffers;
  let pending = blocks > 0 ? load(0, current) : undefined;
  for (let block = 0; pending; block += step) {
    const part = await pending;
    pending = block + step < blocks ? load(block + step, spare) : undefined;
    codec.decode(part, target.subarray(block * codec.elements, Math.min(blocks, block + step) * codec.elements));
    [current, spare] = [spare, current];
  }
}

/** A slice that begins or ends inside a block (a row shorter than one): decode the blocks around it and copy. */
async function decodeUnaligned(stored: StoredTensor, codec: Codec, first: number, target: Float32Array): Promise<void> {
  const begin = Math.floor(first / codec.elements) * codec.elements;
  const end = Math.ceil((first + target.length) / codec.elements) * codec.elements;
  const whole = new Float32Array(end - begin);
  await decodeElements(stored, begin, whole);
  target.set(whole.subarray(first - begin, first - begin + target.length));
}

async function* readChunks({ file, begin, end }: StoredTensor, chunkBytes: number): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkBytes, end - begin));
  for (let at = begin; at < end; at += chunkBytes) {
    const part = buffer.subarray(0, Math.min(chunkBytes, end - at));
    await file.read(at, part);
    yield part;
  }
}
