/**
 * Codes of 3, 5, 6 or 7 bits: ONNX Runtime computes with 2, 4 and 8 bits only, so a file holds the bits of each code in
 * planes of 4, 2 and 1 bits, and a few operators, which the runtime works out once as it loads a model, put them together.
 * A code becomes the upper bits of the wider code; its scale is divided accordingly, its zero point multiplied.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { tensor } from '../../tensor/tensor.ts';

/** Bits of the codes that ONNX Runtime computes with. */
export type Container = 2 | 4 | 8;

export interface Plane {
  readonly bits: number;
  /** Where its bits lie in a code of the container. */
  readonly shift: number;
}

/** @param bits 2 to 8 */
export const containerOf = (bits: number): Container => (bits > 4 ? 8 : bits > 2 ? 4 : 2);

/** None where the codes are stored as they are computed with. */
export function planesOf(bits: number): Plane[] {
  const container = containerOf(bits);
  if (container === bits) return [];
  const planes: Plane[] = [];
  let rest = bits;
  for (const width of [4, 2, 1]) {
    if (width >= container || rest < width) continue;
    rest -= width;
    planes.push({ bits: width, shift: container - bits + rest });
  }
  return planes;
}

/** Where a plane is stored beside the codes of a module. */
export const planeName = (path: string, index: number): string => `${path}.plane${index}`;

/** Codes as stored in planes; bytes of a row are cut into as many stretches as a plane's byte holds parts of codes. */
export function splitPlanes(codes: Uint8Array, rows: number, bits: number): Uint8Array<ArrayBuffer>[] {
  const container = containerOf(bits);
  const width = codes.length / rows;
  return planesOf(bits).map((plane) => {
    const parts = container / plane.bits;
    const stretch = width / parts;
    const mask = maskOf(plane, container);
    const bytes = new Uint8Array(rows * stretch);
    for (let row = 0; row < rows; row++) {
      for (let part = 0; part < parts; part++) {
        const from = row * width + part * stretch;
        for (let i = 0; i < stretch; i++) {
          bytes[row * stretch + i] |= ((codes[from + i] >> plane.shift) & mask) << (part * plane.bits);
        }
      }
    }
    return bytes;
  });
}

/** What `splitPlanes` split. @param planes of all rows, one after the other */
export function mergePlanes(planes: readonly Uint8Array[], rows: number, bits: number): Uint8Array<ArrayBuffer> {
  const container = containerOf(bits);
  const specs = planesOf(bits);
  const width = ((planes[0].length / rows) * container) / specs[0].bits;
  const codes = new Uint8Array(rows * width);
  for (const [p, plane] of specs.entries()) {
    const stretch = planes[p].length / rows;
    const mask = maskOf(plane, container);
    for (let at = 0; at < codes.length; at++) {
      const [row, column] = [Math.floor(at / width), at % width];
      const byte = planes[p][row * stretch + (column % stretch)];
      codes[at] |= ((byte >> (Math.floor(column / stretch) * plane.bits)) & mask) << plane.shift;
    }
  }
  return codes;
}

/** The bits of one code, or in 4 bits of both codes of a byte, from bit 0 on. */
const maskOf = ({ bits }: Plane, container: Container): number => (2 ** bits - 1) * (container === 4 ? 0x11 : 1);

/** Codes uint8 [rows, width] from planes uint8 [rows, 1, stretch]. */
export function joinPlanes(g: GraphBuilder, planes: readonly Value[], bits: number): Value {
  const container = containerOf(bits);
  const specs = planesOf(bits);
  const width = (Number(planes[0].shape[2]) * container) / specs[0].bits;
  const whole = specs.map((plane, i) => {
    const parts = container / plane.bits;
    const steps = Uint8Array.from({ length: parts }, (_, part) => part * plane.bits);
    const shifts = g.constant(tensor('uint8', [parts, 1], steps));
    const spread = g.op('BitShift', [planes[i], shifts], { direction: 'RIGHT' });
    const cut = g.op('BitwiseAnd', [spread, g.scalar(maskOf(plane, container), 'uint8')]);
    const placed =
      plane.shift === 0 ? cut : g.op('BitShift', [cut, g.scalar(plane.shift, 'uint8')], { direction: 'LEFT' });
    return g.op('Reshape', [placed, g.int64s([-1, width])]);
  });
  return whole.reduce((a, b) => g.op('BitwiseOr', [a, b]));
}
