/** Reads and checks the header of a safetensors file: every offset is proved to lie inside the file before it is used. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';

export const SAFETENSORS_TYPES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
export type SafetensorsType = keyof typeof SAFETENSORS_TYPES;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** Byte range from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorEntry[];
}

/** The format's own limit: a larger header is an attack or an accident. */
const LARGEST_HEADER = 100_000_000;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });

/**
 * Length in bytes of the JSON header, read from the file's first 8 bytes.
 * @throws UserError weights/truncated, weights/corrupt
 */
export function headerLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < 8 || prefix.byteLength < 8)
    throw new UserError('weights/truncated', `${file} is too short to be a safetensors file`);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > LARGEST_HEADER) throw new UserError('weights/corrupt', `${file} claims a header of ${length} bytes`);
  if (Number(length) + 8 > fileSize) throw new UserError('weights/truncated', `${file} ends inside its header`);
  return Number(length);
}

/**
 * Parses the JSON header. `bytes` is the header without the 8-byte length.
 * @throws UserError weights/truncated, weights/corrupt
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, file: string): SafetensorsHeader {
  const json = parseJson(bytes, file);
  const start = 8 + bytes.byteLength;
  const metadata: Record<string, string> = {};
  const tensors: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') Object.assign(metadata, z.record(z.string(), z.string()).safeParse(value).data ?? {});
    else tensors.push(parseEntry(name, value, start, fileSize, file));
  }
  tensors.sort((a, b) => a.begin - b.begin);
  let end = start;
  for (const t of tensors) {
    if (t.begin < end) throw new UserError('weights/corrupt', `${file}: ${t.name} overlaps another tensor`);
    end = t.end;
  }
  return { metadata, tensors };
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new UserError('weights/corrupt', `${file} has an unreadable safetensors header`, { cause });
  }
  throw new UserError('weights/corrupt', `${file} has a safetensors header that is not an object`);
}

function parseEntry(name: string, value: unknown, start: number, fileSize: number, file: string): TensorEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw new UserError('weights/corrupt', `${file}: the entry of ${name} is malformed`);
  const { dtype, shape, data_offsets } = parsed.data;
  if (!Object.hasOwn(SAFETENSORS_TYPES, dtype))
    throw new UserError('weights/corrupt', `${file}: ${name} has the unknown type ${dtype}`);
  const type = dtype as SafetensorsType;
  const [begin, end] = data_offsets.map((offset) => offset + start);
  const bytes = shape.reduce((n, d) => n * d, 1) * SAFETENSORS_TYPES[type];
  if (end > fileSize) throw new UserError('weights/truncated', `${file} ends before the end of ${name}`);
  if (end - begin !== bytes)
    throw new UserError('weights/corrupt', `${file}: ${name} has ${end - begin} bytes, its shape needs ${bytes}`);
  return { name, dtype: type, shape, begin, end };
}
