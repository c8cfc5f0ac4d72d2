/** What packed codes stand for. */
import { containerOf } from '../../models/graphs/bit-planes.ts';
import type { QuantizedBlocks } from './rtn.ts';

/** [rows, columns] row-major: (code - zero point) * scale. */
export function dequantizeBlocks(
  { codes, scales, zeroPoints, groups }: QuantizedBlocks,
  rows: number,
  columns: number,
  { bits: stored, groupSize }: { readonly bits: number; readonly groupSize: number },
): Float32Array<ArrayBuffer> {
  const bits = containerOf(stored);
  const values = new Float32Array(rows * columns);
  const groupBytes = (groupSize * bits) / 8;
  const zeroBytes = Math.ceil((groups * bits) / 8);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const scale = scales[row * groups + group];
      const zero = zeroPoints ? codeAt(zeroPoints, row * zeroBytes, group, bits) : 2 ** (bits - 1);
      const start = (row * groups + group) * groupBytes;
      const begin = group * groupSize;
      const end = Math.min(columns, begin + groupSize);
      for (let i = begin; i < end; i++) {
        values[row * columns + i] = (codeAt(codes, start, i - begin, bits) - zero) * scale;
      }
    }
  }
  return values;
}

/** Scales and zero points [rows, groups] for codes of the bits that are stored. */
export function gridsOf(
  { scales, zeroPoints, groups }: QuantizedBlocks,
  { bits: stored }: { readonly bits: number },
): { readonly scales: Float32Array<ArrayBuffer>; readonly zeros: Uint8Array<ArrayBuffer> } {
  const bits = containerOf(stored);
  const factor = 2 ** (bits - stored);
  const zeroBytes = Math.ceil((groups * bits) / 8);
  const zeros = Uint8Array.from(scales, (_, g) =>
    zeroPoints ? codeAt(zeroPoints, Math.floor(g / groups) * zeroBytes, g % groups, bits) / factor : 2 ** (stored - 1),
  );
  return { scales: scales.map((scale) => scale * factor), zeros };
}

function codeAt(bytes: Uint8Array, start: number, index: number, bits: number): number {
  if (bits === 8) return bytes[start + index];
  if (bits === 4) return (bytes[start + (index >> 1)] >> ((index & 1) * 4)) & 15;
  return (bytes[start + (index >> 2)] >> ((index & 3) * 2)) & 3;
}
