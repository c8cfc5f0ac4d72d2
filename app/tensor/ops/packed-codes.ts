/** Block-quantized weights as ONNX Runtime lays them out: codes of 2 to 8 bits, the lower bits of a byte first. */
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';
import type { Doubles } from '../op.ts';

/** The code at a place of a row that starts at byte `start`. */
export function codeAt(bytes: Doubles, start: number, place: number, bits: number): number {
  const bit = place * bits;
  const at = start + (bit >> 3);
  // A code of an odd width may reach into the next byte.
  const pair = bytes.data[at] + 256 * (bytes.data[at + 1] ?? 0);
  return (pair >> (bit & 7)) & ((1 << bits) - 1);
}

/** Bytes [rows, n] of two 4-bit codes each, to codes [rows, 2n] of a byte each. */
export function unpackNibbles(g: GraphBuilder, bytes: Value): Value {
  const [rows, width] = bytes.shape;
  const low = g.op('BitwiseAnd', [bytes, g.scalar(15, 'uint8')]);
  const high = g.op('BitShift', [bytes, g.scalar(4, 'uint8')], { direction: 'RIGHT' });
  const pairs = g.concat([g.unsqueeze(low, [2]), g.unsqueeze(high, [2])], 2);
  return g.reshape(pairs, [rows, 2 * Number(width)]);
}
