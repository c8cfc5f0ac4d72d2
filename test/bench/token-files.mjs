/** Tokens of a text as the files that `lathe` reads: windows to score or look at, rows to learn, or an answer as text. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Ids from `begin` on of a file of little-endian int32. */
export function tokensOf(path, begin, count) {
  const bytes = readFileSync(path).subarray(4 * begin, count === undefined ? undefined : 4 * (begin + count));
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/**
 * Writes int32 tensors of one shape as safetensors.
 * @param {string} path
 * @param {Record<string, Int32Array>} tensors
 * @param {readonly number[]} shape
 */
export function writeTokens(path, tensors, shape) {
  const header = {};
  let end = 0;
  for (const [name, { byteLength }] of Object.entries(tensors)) {
    header[name] = { dtype: 'I32', shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const text = JSON.stringify(header);
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const parts = Object.values(tensors).map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  writeFileSync(path, Buffer.concat([length, Buffer.from(padded), ...parts]));
}

/** @returns {{ data: Float32Array, shape: number[] }} a float32 tensor of a safetensors file */
export function readFloats(path, name) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const { shape, data_offsets: place } = JSON.parse(bytes.subarray(8, 8 + length).toString())[name];
  const [begin, end] = place.map((offset) => bytes.byteOffset + 8 + length + offset);
  return { data: new Float32Array(bytes.buffer.slice(begin, end)), shape };
}
