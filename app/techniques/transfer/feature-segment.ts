/**
 * One file of kept features: an index of texts by the hash of their token ids, then the numbers. Written once, whole, and
 * never changed. The index has a checksum and so has each text's part, so that one flipped bit costs one text.
 *
 * Layout, little-endian: "LATHEFT1", count u32, CRC-32 of the index u32; per text 16 bytes of key, first float f64, floats
 * u32, CRC-32 u32; then float32 values.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { writeAtomically } from '../../files/atomic.ts';

const MAGIC = Buffer.from('LATHEFT1', 'latin1');
const HEADER = 16;
const ENTRY = 32;
export const KEY_BYTES = 16;

export interface Place {
  readonly file: string;
  /** Of the first byte in the file. */
  readonly position: number;
  /** float32 values. */
  readonly length: number;
  readonly crc: number;
}

export interface Kept {
  /** 16 bytes, as latin1. */
  readonly key: string;
  readonly values: Float32Array;
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** @throws UserError disk/full, file/not-allowed */
export async function writeSegment(file: string, entries: readonly Kept[]): Promise<void> {
  const index = Buffer.alloc(entries.length * ENTRY);
  let first = 0;
  entries.forEach(({ key, values }, i) => {
    const at = i * ENTRY;
    index.write(key, at, 'latin1');
    index.writeDoubleLE(first, at + KEY_BYTES);
    index.writeUInt32LE(values.length, at + 24);
    index.writeUInt32LE(crc32(bytesOf(values)), at + 28);
    first += values.length;
  });
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  header.writeUInt32LE(entries.length, 8);
  header.writeUInt32LE(crc32(index), 12);
  await writeAtomically(file, async (handle) => {
    await handle.write(header);
    await handle.write(index);
    const whole = new Float32Array(first);
    let at = 0;
    for (const { values } of entries) {
      whole.set(values, at);
      at += values.length;
    }
    await handle.write(bytesOf(whole));
  });
}

/** Where each text's values lie; undefined for a file that is not a whole segment. */
export async function readIndex(file: string): Promise<Map<string, Place> | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const header = await readBytes(handle, 0, HEADER);
    if (!header?.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const count = header.readUInt32LE(8);
    const { size } = await handle.stat();
    if (HEADER + count * ENTRY > size) return undefined;
    const index = await readBytes(handle, HEADER, count * ENTRY);
    if (!index || crc32(index) !== header.readUInt32LE(12)) return undefined;
    const start = HEADER + count * ENTRY;
    const places = new Map<string, Place>();
    for (let at = 0; at < index.length; at += ENTRY) {
      const position = start + 4 * index.readDoubleLE(at + KEY_BYTES);
      const length = index.readUInt32LE(at + 24);
      const place = { file, position, length, crc: index.readUInt32LE(at + 28) };
      if (position + 4 * length <= size) places.set(index.toString('latin1', at, at + KEY_BYTES), place);
    }
    return places;
  } finally {
    await handle.close();
  }
}

async function readBytes(handle: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytesRead === length ? bytes : undefined;
}

/** Fills `target` from its place. @returns whether the values are those that were written */
export async function readPlace(handle: FileHandle, place: Place, target: Float32Array): Promise<boolean> {
  const bytes = bytesOf(target);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, place.position);
  return bytesRead === bytes.length && crc32(bytes) === place.crc;
}
