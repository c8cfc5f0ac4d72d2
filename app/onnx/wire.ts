/** Walks the fields of an encoded protobuf message, each proved to lie inside it. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../contract/errors.ts';

export interface Field {
  readonly number: number;
  readonly wire: number;
  /** The content of a string, bytes, message or packed list. Shares the message's memory. */
  readonly bytes: Uint8Array;
  /** Of a varint, or of 4 or 8 fixed bytes as an unsigned whole. */
  readonly integer: bigint;
  /** The whole field with its tag, as it lies in the message. */
  readonly encoded: Uint8Array;
}

const NOTHING = new Uint8Array();

/** @throws UserError onnx/corrupt */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) yield readField(reader, message);
}

function readField(reader: BinaryReader, message: Uint8Array): Field {
  const begin = reader.pos;
  try {
    const [number, wire] = reader.tag();
    let bytes: Uint8Array = NOTHING;
    let integer = 0n;
    if (wire === WireType.LengthDelimited) bytes = reader.bytes();
    else if (wire === WireType.Varint) integer = BigInt(reader.uint64());
    else if (wire === WireType.Bit32) integer = BigInt(reader.fixed32());
    else if (wire === WireType.Bit64) integer = BigInt(reader.fixed64());
    else reader.skip(wire, number);
    return { number, wire, bytes, integer, encoded: message.subarray(begin, reader.pos) };
  } catch (cause) {
    throw new UserError('onnx/corrupt', `the model breaks off or is damaged at byte ${begin} of a message`, { cause });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws UserError onnx/corrupt where the bytes are no text */
export function textOf({ bytes }: Field): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new UserError('onnx/corrupt', 'the model holds a name that is no text', { cause });
  }
}

/** A signed 64-bit integer. */
export const signed = (integer: bigint): bigint => BigInt.asIntN(64, integer);

/** A whole number that JavaScript holds exactly. @throws UserError onnx/corrupt */
export function wholeOf(integer: bigint): number {
  const value = Number(signed(integer));
  if (!Number.isSafeInteger(value)) throw new UserError('onnx/corrupt', `the number ${value} is not possible here`);
  return value;
}

/** Appends the integers of a field, packed or not. @throws UserError onnx/corrupt */
export function pushIntegers(field: Field, into: bigint[]): void {
  if (field.wire !== WireType.LengthDelimited) {
    into.push(field.integer);
    return;
  }
  const reader = new BinaryReader(field.bytes);
  try {
    while (reader.pos < reader.len) into.push(BigInt(reader.uint64()));
  } catch (cause) {
    throw new UserError('onnx/corrupt', 'a list of numbers breaks off', { cause });
  }
}

/** Appends the bytes of fixed-size numbers, packed or not: little-endian, `size` bytes each. */
export function pushFixed(field: Field, size: 4 | 8, into: Uint8Array[]): void {
  if (field.wire === WireType.LengthDelimited) into.push(field.bytes);
  else {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, field.integer, true);
    into.push(bytes.subarray(0, size));
  }
}

export const float32Of = (integer: bigint): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(integer), true);
  return view.getFloat32(0, true);
};

/** One array of all the parts, its memory its own. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, { byteLength }) => n + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
