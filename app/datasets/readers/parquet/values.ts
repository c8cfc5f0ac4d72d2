/** Parquet's stored values as JSON has them: what a number cannot hold exactly becomes text, and nulls are left out. */
import type { SchemaElement, SchemaTree } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import { isListLike } from 'hyparquet/src/schema.js';
import type { Row } from '../../types.ts';
import { isUnsigned } from './footer.ts';
import { calendarDate, clockTime, timestamp } from './times.ts';

type Convert = (value: unknown) => unknown;

/** Columnar files have every field in every record: a null there says that the record never had it. */
export function rowConverter(schema: SchemaTree): (stored: Row) => Row {
  return structOf(schema) as (stored: Row) => Row;
}

function converterOf(node: SchemaTree): Convert {
  const one = node.children.length === 0 ? leafOf(node.element) : groupOf(node);
  // A repeated field outside a list or a map is a list of its own.
  return orNull(node.element.repetition_type === 'REPEATED' ? listOf(one) : one);
}

function groupOf(node: SchemaTree): Convert {
  const { converted_type: old, logical_type: logical } = node.element;
  const [inner] = node.children;
  const isList = old === 'LIST' || logical?.type === 'MAP';
  if (!isList || node.children.length !== 1 || inner.element.repetition_type !== 'REPEATED') return structOf(node);
  // What `hyparquet` leaves out of a list's levels, it has left out already.
  if (isListLike(node)) return listOf(converterOf(inner.children.length === 1 ? inner.children[0] : required(inner)));
  // Maps and lists of records in the old style arrive as a record with the repeated group in it.
  const items = listOf(structOf(inner));
  return (value) => items((value as Row)[inner.element.name]);
}

const required = (node: SchemaTree): SchemaTree => ({
  ...node,
  element: { ...node.element, repetition_type: 'REQUIRED' },
});

const orNull =
  (convert: Convert): Convert =>
  (value) => {
    // `hyparquet` gives null for a null, and nothing at all where a damaged page lacks a value.
    if (value === undefined) throw new Error('a value is missing');
    return value === null ? null : convert(value);
  };

const listOf =
  (item: Convert): Convert =>
  (value) =>
    Array.from(value as readonly unknown[], item);

function structOf(node: SchemaTree): Convert {
  const fields = node.children.map((child) => [child.element.name, converterOf(child)] as const);
  return (value) => {
    const entries = fields.map(([name, convert]) => [name, convert((value as Row)[name])] as const);
    return Object.fromEntries(entries.filter(([, field]) => field !== null));
  };
}

function leafOf(element: SchemaElement): Convert {
  const { type, converted_type: old, logical_type: logical, scale = 0 } = element;
  const kind = logical?.type ?? old;
  if (old === 'UTF8') return (value) => value;
  if (kind === 'DECIMAL') return (value) => decimal(wholeOf(value), scale);
  if (kind === 'DATE') return (value) => calendarDate(Number(value));
  if (type === 'INT96') return (value) => timestamp(BigInt(value as bigint) / 1000n, 6);
  const times = timeOf(element);
  if (times) return times;
  if (kind === 'UUID') return (value) => uuid(value as Uint8Array);
  if (kind === 'FLOAT16') return (value) => number(parseFloat16(value as Uint8Array) ?? Number.NaN);
  if (kind === 'JSON' || kind === 'ENUM') return (value) => UTF8.decode(value as Uint8Array);
  if (kind === 'INTERVAL') return (value) => interval(value as Uint8Array);
  if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') return binary;
  const unsigned = isUnsigned(element);
  if (type === 'INT64') return (value) => String(unsigned ? BigInt.asUintN(64, value as bigint) : value);
  if (type === 'INT32' && unsigned) return (value) => Number(BigInt.asUintN(32, BigInt(value as number | bigint)));
  return type === 'BOOLEAN' ? Boolean : (value) => number(value as number);
}

/** For what has a time of day in it. */
function timeOf({ converted_type: old, logical_type: logical }: SchemaElement): Convert | undefined {
  const unit = logical && 'unit' in logical ? logical.unit : old?.match(/^TIME(?:STAMP)?_(MILLIS|MICROS)$/)?.[1];
  if (!unit) return undefined;
  const digits = unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9;
  if (logical?.type === 'TIME' || old?.startsWith('TIME_'))
    return (value) => clockTime(BigInt(value as bigint), digits);
  const zone = logical && 'isAdjustedToUTC' in logical ? logical.isAdjustedToUTC : true;
  return (value) => timestamp(BigInt(value as bigint), digits) + (zone ? '+00' : '');
}

const UTF8 = new TextDecoder();

const number = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** The unscaled whole number of a decimal: an integer, or big-endian bytes in two's complement. */
function wholeOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  let whole = 0n;
  for (const byte of value) whole = whole * 256n + BigInt(byte);
  return BigInt.asIntN(value.length * 8, whole);
}

function decimal(whole: bigint, scale: number): string {
  if (scale <= 0) return String(whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function uuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Three little-endian numbers: months, days, milliseconds. */
function interval(bytes: Uint8Array): Row {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [months, days, millis] = [0, 4, 8].map((at) => view.getUint32(at, true));
  return { months, days, micros: String(millis * 1000) };
}

/** Bytes as text: printable ASCII as it is, everything else and both quotes as \xNN. */
function binary(value: unknown): string {
  const text = Buffer.from(value as Uint8Array).toString('latin1');
  const hex = (char: string): string => `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is written otherwise.
  return text.replace(/[\x00-\x1f"'\x7f-\xff]/g, hex);
}
