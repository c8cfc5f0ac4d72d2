/** Parses a GGUF header (versions 2 and 3): metadata and tensor table, every count checked before anything is allocated. */
import { UserError } from '../../../contract/errors.ts';
import { storedBytes } from '../source.ts';
import { Cursor } from './cursor.ts';
import { type GgufTensorType, tensorTypeOf } from './tensor-types.ts';
import { type GgufArray, type GgufMetadata, type GgufValue, VALUE_TYPES, type ValueType } from './values.ts';

export interface GgufTensor {
  readonly name: string;
  readonly dtype: GgufTensorType;
  /** Row-major: GGUF's own order reversed. */
  readonly shape: readonly number[];
  /** Byte range from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  readonly alignment: number;
}

/** "GGUF" as a little-endian word. */
const MAGIC = 0x46554747;
const LARGEST_DIMENSIONS = 8;
const DEEPEST_ARRAY = 4;
const LARGEST_NAME = 65_536;

/** Fewest bytes that one value of this type takes: bounds a claimed count by the bytes that are there. */
const LEAST_BYTES: Readonly<Record<ValueType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  array: 12,
  uint64: 8,
  int64: 8,
  float64: 8,
};
/** Name length, number of dimensions, one dimension, type and offset. */
const LEAST_TENSOR_ENTRY = 8 + 4 + 8 + 4 + 8;
const LEAST_METADATA_ENTRY = 8 + 4 + 1;

/**
 * @param bytes the beginning of the file: all of it, or at least the header
 * @throws NeedsMore where `bytes` end inside the header
 * @throws UserError weights/corrupt, weights/truncated (data beyond the file), model/unsupported
 */
export function parseGgufHeader(bytes: Uint8Array, fileSize: number, file: string): GgufHeader {
  const cursor = new Cursor(bytes);
  const corrupt = (what: string) => new UserError('weights/corrupt', `${file}: ${what}`);
  if (cursor.uint32() !== MAGIC) throw corrupt('this is not a GGUF file');
  const version = cursor.uint32();
  if (version !== 0 && (version & 0xffff) === 0)
    throw new UserError('model/unsupported', `${file} is a big-endian GGUF file`);
  if (version !== 2 && version !== 3)
    throw new UserError('model/unsupported', `${file} is GGUF version ${version}; versions 2 and 3 can be read`);

  /** A count, bounded by the file: each entry takes at least `least` bytes. */
  const count = (what: string, least: number): number => {
    const claimed = cursor.uint64();
    if (claimed * BigInt(least) > BigInt(fileSize - cursor.position))
      throw corrupt(`it claims ${claimed} ${what}, more than the file can hold`);
    return Number(claimed);
  };
  const text = (): string => cursor.text(count('bytes of text', 1));
  const name = (what: string): string => {
    const length = count(`bytes of a ${what}`, 1);
    if (length > LARGEST_NAME) throw corrupt(`it has a ${what} of ${length} bytes`);
    return cursor.text(length);
  };
  const valueType = (): ValueType => {
    const id = cursor.uint32();
    const type = VALUE_TYPES[id];
    if (type === undefined) throw corrupt(`unknown metadata type ${id}`);
    return type;
  };
  const scalar = (type: Exclude<ValueType, 'array'>): number | bigint | boolean | string => {
    if (type === 'string') return text();
    if (type === 'bool') return cursor.uint8() !== 0;
    return cursor[type]();
  };
  const array = (depth: number): GgufArray => {
    if (depth > DEEPEST_ARRAY) throw corrupt(`arrays nested deeper than ${DEEPEST_ARRAY}`);
    const items = valueType();
    const length = count('array items', LEAST_BYTES[items]);
    const value: unknown[] = [];
    for (let i = 0; i < length; i++) value.push(items === 'array' ? array(depth + 1) : scalar(items));
    return { type: 'array', items, value } as GgufArray;
  };

  const tensorCount = count('tensors', LEAST_TENSOR_ENTRY);
  const metadataCount = count('metadata entries', LEAST_METADATA_ENTRY);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < metadataCount; i++) {
    const key = name('metadata key');
    if (metadata.has(key)) throw corrupt(`the metadata key ${JSON.stringify(key)} appears twice`);
    const type = valueType();
    metadata.set(key, type === 'array' ? array(1) : ({ type, value: scalar(type) } as GgufValue));
  }
  const alignment = alignmentOf(metadata, corrupt);

  const entries: (Omit<GgufTensor, 'begin' | 'end'> & { readonly offset: bigint })[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const tensorName = name('tensor name');
    if (names.has(tensorName)) throw corrupt(`the tensor ${JSON.stringify(tensorName)} appears twice`);
    names.add(tensorName);
    const dimensions = cursor.uint32();
    if (dimensions > LARGEST_DIMENSIONS) throw corrupt(`${tensorName} has ${dimensions} dimensions`);
    const shape: number[] = [];
    for (let d = 0; d < dimensions; d++) {
      const size = cursor.uint64();
      if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`${tensorName} has a dimension of ${size}`);
      shape.unshift(Number(size));
    }
    const dtype = tensorTypeOf(cursor.uint32(), tensorName, file);
    entries.push({ name: tensorName, dtype, shape, offset: cursor.uint64() });
  }
  const start = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = entries.map(({ offset, ...tensor }) => place(tensor, offset, start, alignment, fileSize, file));
  refuseOverlaps(tensors, corrupt);
  return { version, metadata, tensors, alignment };
}

function alignmentOf(metadata: GgufMetadata, corrupt: (what: string) => UserError): number {
  const entry = metadata.get('general.alignment');
  if (!entry) return 32;
  const value = Number(entry.value);
  if (!Number.isInteger(value) || value < 1 || value > 2 ** 20 || (value & (value - 1)) !== 0)
    throw corrupt(`an alignment of ${String(entry.value)} is not possible`);
  return value;
}

function place(
  tensor: Omit<GgufTensor, 'begin' | 'end'>,
  offset: bigint,
  start: number,
  alignment: number,
  fileSize: number,
  file: string,
): GgufTensor {
  const elements = tensor.shape.reduce((n, d) => n * d, 1);
  const bytes = storedBytes(tensor.dtype, elements);
  const row = tensor.shape.at(-1) ?? 1;
  if (!Number.isSafeInteger(elements) || !Number.isInteger(bytes) || !Number.isInteger(storedBytes(tensor.dtype, row)))
    throw new UserError(
      'weights/corrupt',
      `${file}: ${tensor.name} [${tensor.shape}] is not possible as ${tensor.dtype}`,
    );
  if (offset % BigInt(alignment) !== 0n)
    throw new UserError('weights/corrupt', `${file}: ${tensor.name} is not aligned to ${alignment} bytes`);
  if (offset + BigInt(start) + BigInt(bytes) > BigInt(fileSize))
    throw new UserError('weights/truncated', `${file} ends before the end of ${tensor.name}`);
  const begin = start + Number(offset);
  return { ...tensor, begin, end: begin + bytes };
}

function refuseOverlaps(tensors: readonly GgufTensor[], corrupt: (what: string) => UserError): void {
  let end = 0;
  for (const tensor of tensors.toSorted((a, b) => a.begin - b.begin)) {
    if (tensor.begin < end && tensor.end > tensor.begin) throw corrupt(`${tensor.name} overlaps another tensor`);
    end = Math.max(end, tensor.end);
  }
}
