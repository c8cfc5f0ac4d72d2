/** Writes GGUF version 3: header first, then each tensor as it is produced, aligned to 32 bytes. */
import { UserError } from '../../../contract/errors.ts';
import { writeAtomically } from '../../../files/atomic.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { storedBytes } from '../source.ts';
import { type TensorData, writeAt, writeTensor } from '../stream.ts';
import { type GgufTensorType, TENSOR_TYPE_IDS } from './tensor-types.ts';
import { type GgufMetadata, type GgufValue, VALUE_TYPES, type ValueType } from './values.ts';

export interface GgufTensorToWrite {
  readonly name: string;
  readonly dtype: GgufTensorType;
  /** Row-major; the last dimension must be whole blocks of a block type. */
  readonly shape: readonly number[];
  /** Stored bytes or elements (blocks from `quantizeBlocks`); called once, when this tensor's turn has come. */
  produce(): TensorData | Promise<TensorData>;
}

const ALIGNMENT = 32;
const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT;

/**
 * @returns the size of the file in bytes
 * @throws UserError disk/full, file/not-allowed, weights/wrong-shape (data of another size, rows that are not whole blocks)
 */
export async function writeGguf(
  path: string,
  metadata: GgufMetadata,
  tensors: readonly GgufTensorToWrite[],
): Promise<number> {
  const sizes = tensors.map(storedSize);
  const header = encodeHeader(metadata, tensors, sizes);
  return await writeAtomically(path, async (handle) => {
    await writeAt(handle, header, 0);
    let position = header.byteLength;
    for (const [i, { name, produce }] of tensors.entries()) {
      await writeTensor(handle, name, await produce(), sizes[i], position);
      const padding = align(sizes[i]) - sizes[i];
      if (padding > 0) await writeAt(handle, new Uint8Array(padding), position + sizes[i]);
      position += sizes[i] + padding;
    }
    return position;
  });
}

function storedSize({ name, dtype, shape }: GgufTensorToWrite): number {
  if (!Number.isInteger(storedBytes(dtype, shape.at(-1) ?? 1)))
    throw new UserError(
      'weights/wrong-shape',
      `${name}: rows of ${shape.at(-1)} values are not whole blocks of ${dtype}`,
    );
  return storedBytes(dtype, sizeOf(shape));
}

function encodeHeader(
  metadata: GgufMetadata,
  tensors: readonly GgufTensorToWrite[],
  sizes: readonly number[],
): Uint8Array {
  const sink = new Sink();
  sink.uint32(0x46554747);
  sink.uint32(3);
  sink.uint64(tensors.length);
  sink.uint64(metadata.size);
  for (const [key, value] of metadata) {
    if (key === 'general.alignment' && Number(value.value) !== ALIGNMENT)
      throw new RangeError(`this writer aligns to ${ALIGNMENT} bytes`);
    sink.text(key);
    sink.uint32(VALUE_TYPES.indexOf(value.type));
    putValue(sink, value);
  }
  let offset = 0;
  for (const [i, { name, dtype, shape }] of tensors.entries()) {
    sink.text(name);
    sink.uint32(shape.length);
    for (const size of shape.toReversed()) sink.uint64(size);
    sink.uint32(TENSOR_TYPE_IDS[dtype]);
    sink.uint64(offset);
    offset += align(sizes[i]);
  }
  return sink.finish(ALIGNMENT);
}

function putValue(sink: Sink, value: GgufValue): void {
  if (value.type !== 'array') {
    sink.scalar(value.type, value.value);
    return;
  }
  sink.uint32(VALUE_TYPES.indexOf(value.items));
  sink.uint64(value.value.length);
  if (value.items === 'array') for (const inner of value.value) putValue(sink, inner);
  else for (const item of value.value) sink.scalar(value.items, item);
}

/** A growing byte buffer with little-endian puts. */
class Sink {
  #buffer = Buffer.alloc(2 ** 16);
  #length = 0;

  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(at + bytes, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length += bytes;
    return at;
  }

  uint32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  uint64(value: number | bigint): void {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64LE(BigInt(value), at);
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.uint64(bytes);
    const at = this.#room(bytes);
    this.#buffer.write(value, at);
  }

  /** @throws RangeError where the value does not fit the type */
  scalar(type: Exclude<ValueType, 'array'>, value: number | bigint | boolean | string): void {
    if (type === 'string') {
      this.text(String(value));
      return;
    }
    const bytes = SCALAR_BYTES[type];
    const at = this.#room(bytes);
    SCALAR_PUTS[type](this.#buffer, at, value);
  }

  finish(alignment: number): Uint8Array {
    this.#room((alignment - (this.#length % alignment)) % alignment);
    return this.#buffer.subarray(0, this.#length);
  }
}

type Scalar = Exclude<ValueType, 'array' | 'string'>;

const SCALAR_BYTES: Readonly<Record<Scalar, number>> = {
  uint8: 1,
  int8: 1,
  bool: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  uint64: 8,
  int64: 8,
  float64: 8,
};

const SCALAR_PUTS: Readonly<Record<Scalar, (buffer: Buffer, at: number, value: unknown) => void>> = {
  uint8: (buffer, at, value) => buffer.writeUInt8(Number(value), at),
  int8: (buffer, at, value) => buffer.writeInt8(Number(value), at),
  bool: (buffer, at, value) => buffer.writeUInt8(value ? 1 : 0, at),
  uint16: (buffer, at, value) => buffer.writeUInt16LE(Number(value), at),
  int16: (buffer, at, value) => buffer.writeInt16LE(Number(value), at),
  uint32: (buffer, at, value) => buffer.writeUInt32LE(Number(value), at),
  int32: (buffer, at, value) => buffer.writeInt32LE(Number(value), at),
  float32: (buffer, at, value) => buffer.writeFloatLE(Number(value), at),
  uint64: (buffer, at, value) => buffer.writeBigUInt64LE(value as bigint, at),
  int64: (buffer, at, value) => buffer.writeBigInt64LE(value as bigint, at),
  float64: (buffer, at, value) => buffer.writeDoubleLE(Number(value), at),
};
