/**
 * Rounding to nearest in groups along the input dimension, in the formulas and the byte layout of ONNX Runtime's
 * MatMulNBits: scale and zero point of each group, codes packed with the low half of a byte first.
 */
import { containerOf } from '../../models/graphs/bit-planes.ts';
import { fromFloat16, toFloat16 } from '../../tensor/half.ts';
import { type Cut, extremesOf, fitsKernels, writeCodes } from './group-kernels.ts';

/**
 * A quantized matrix [rows, columns], groups along the columns, in the 2, 4 or 8 bits that are computed with: codes of
 * other widths are their upper bits.
 */
export interface QuantizedBlocks {
  /** [rows, groups, groupSize * bits / 8]; the last group of a row is padded with the code of zero. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** [rows, groups], for the wider codes. */
  readonly scales: Float32Array<ArrayBuffer>;
  /** [rows, ceil(groups * bits / 8)]; absent where symmetric. */
  readonly zeroPoints?: Uint8Array<ArrayBuffer>;
  readonly groups: number;
}

export interface BlockOptions {
  /** 2 to 8 */
  readonly bits: number;
  readonly groupSize: number;
  readonly symmetric: boolean;
  /** Scales are stored in float16: grids are rounded to it before their codes are chosen. */
  readonly halfScales?: boolean;
}

/** Scale and zero point of one group. */
export interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Half away from zero, as C's roundf. */
const round = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const clamp = (x: number, most: number): number => Math.max(0, Math.min(most, x));

/**
 * The scale for values whose least and greatest are these, zero counted in. Symmetric: the value of largest magnitude lies on
 * code 0, of two the negative one, so the scale may be negative; asymmetric: zero and both extremes lie on the grid.
 */
const scaleBetween = (low: number, high: number, bits: number, symmetric: boolean): number =>
  symmetric
    ? Math.fround((high > -low ? high : low) / -(2 ** (bits - 1)))
    : Math.fround(Math.fround(high - low) / (2 ** bits - 1));

function zeroPointOf(low: number, scale: number, bits: number, symmetric: boolean): number {
  if (symmetric) return 2 ** (bits - 1);
  return scale === 0 ? 0 : clamp(round(Math.fround(-low / scale)), 2 ** bits - 1);
}

/** The grid of values[begin, end). */
export function gridOf(values: ArrayLike<number>, begin: number, end: number, bits: number, symmetric: boolean): Grid {
  let low = 0;
  let high = 0;
  for (let i = begin; i < end; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = scaleBetween(low, high, bits, symmetric);
  return { scale, zeroPoint: zeroPointOf(low, scale, bits, symmetric) };
}

/** The nearest grid whose scale can be stored. */
export const storable = ({ scale, zeroPoint }: Grid, options: BlockOptions): Grid => ({
  scale: storableScale(scale, options),
  zeroPoint,
});

function storableScale(scale: number, { bits, halfScales }: BlockOptions): number {
  if (!halfScales) return scale;
  const factor = 2 ** (containerOf(bits) - bits);
  return fromFloat16(toFloat16(scale / factor)) * factor;
}

export function codeOf(value: number, inverse: number, zeroPoint: number, bits: number): number {
  return clamp(round(Math.fround(Math.fround(value * inverse) + zeroPoint)), 2 ** bits - 1);
}

/** Quantizes a row-major matrix [rows, columns]. */
export function quantizeRtn(
  weights: Float32Array,
  rows: number,
  columns: number,
  options: BlockOptions,
): QuantizedBlocks {
  const { bits, symmetric, groupSize } = options;
  if (!fitsKernels(groupSize)) {
    return quantizeWith(weights, rows, columns, options, (begin, end) => gridOf(weights, begin, end, bits, symmetric));
  }
  const { lows, highs } = extremesOf({ weights, rows, columns, groupSize });
  const grids = makeGrids(lows.length);
  for (let i = 0; i < lows.length; i++) {
    const scale = scaleBetween(lows[i], highs[i], bits, symmetric);
    grids.scales[i] = storableScale(scale, options);
    grids.zeroPoints[i] = zeroPointOf(lows[i], scale, bits, symmetric);
  }
  return quantizeOn(grids, { weights, rows, columns, groupSize }, options);
}

/** Rounds a row-major matrix [rows, columns] to nearest on the grids that are chosen for weights[begin, end). */
export function quantizeWith(
  weights: Float32Array,
  rows: number,
  columns: number,
  options: BlockOptions,
  choose: (begin: number, end: number, group: number) => Grid,
): QuantizedBlocks {
  const { groupSize } = options;
  const groups = Math.ceil(columns / groupSize);
  const grids = makeGrids(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const begin = row * columns + group * groupSize;
      const end = Math.min(begin + groupSize, (row + 1) * columns);
      const { scale, zeroPoint } = storable(choose(begin, end, group), options);
      grids.scales[row * groups + group] = scale;
      grids.zeroPoints[row * groups + group] = zeroPoint;
    }
  }
  return quantizeOn(grids, { weights, rows, columns, groupSize }, options);
}

/** Of each group. */
interface Grids {
  readonly scales: Float32Array;
  readonly zeroPoints: Float32Array;
}

const makeGrids = (groups: number): Grids => ({
  scales: new Float32Array(groups),
  zeroPoints: new Float32Array(groups),
});

function quantizeOn({ scales, zeroPoints }: Grids, cut: Cut, options: BlockOptions): QuantizedBlocks {
  const { weights, rows, columns, groupSize } = cut;
  const { bits } = options;
  const groups = Math.ceil(columns / groupSize);
  const writer = new BlockWriter(rows, groups, options);
  writer.setGrids(scales, zeroPoints);
  const inverses = new Float32Array(scales.length);
  for (let i = 0; i < scales.length; i++) inverses[i] = scales[i] === 0 ? 0 : 1 / scales[i];
  const container = containerOf(bits);
  if (container !== 2 && fitsKernels(groupSize)) {
    writer.setAll((codes) => writeCodes(cut, inverses, zeroPoints, { bits, container }, codes));
    return writer.finish();
  }
  const codes = new Uint8Array(groupSize);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const i = row * groups + group;
      const begin = row * columns + group * groupSize;
      const end = Math.min(begin + groupSize, (row + 1) * columns);
      roundGroup(weights.subarray(begin, end), inverses[i], zeroPoints[i], bits, codes);
      writer.setCodes(row, group, codes);
    }
  }
  return writer.finish();
}

/** What `writeCodes` does, of one group of any size. */
function roundGroup(weights: Float32Array, inverse: number, zeroPoint: number, bits: number, codes: Uint8Array): void {
  const most = 2 ** bits - 1;
  for (let i = 0; i < weights.length; i++) {
    const place = Math.fround(Math.fround(weights[i] * inverse) + zeroPoint);
    const code = place > 0 ? (place + 0.5) | 0 : 0;
    codes[i] = Math.min(most, code);
  }
  codes.fill(zeroPoint, weights.length);
}

/** Packs codes, scales and zero points as they come. */
export class BlockWriter {
  readonly #codes: Uint8Array<ArrayBuffer>;
  readonly #scales: Float32Array<ArrayBuffer>;
  readonly #zeroPoints: Uint8Array<ArrayBuffer> | undefined;
  readonly #groups: number;
  readonly #groupBytes: number;
  readonly #zeroBytes: number;
  readonly #container: number;
  /** By how many bits codes are moved up in their container. */
  readonly #shift: number;

  constructor(rows: number, groups: number, { groupSize, bits, symmetric }: BlockOptions) {
    const container = containerOf(bits);
    this.#groups = groups;
    this.#container = container;
    this.#shift = container - bits;
    this.#groupBytes = (groupSize * container) / 8;
    this.#zeroBytes = Math.ceil((groups * container) / 8);
    this.#codes = new Uint8Array(rows * groups * this.#groupBytes);
    this.#scales = new Float32Array(rows * groups);
    this.#zeroPoints = symmetric ? undefined : new Uint8Array(rows * this.#zeroBytes);
  }

  setGrid(row: number, group: number, { scale, zeroPoint }: Grid): void {
    this.#scales[row * this.#groups + group] = scale / 2 ** this.#shift;
    if (!this.#zeroPoints) return;
    put(this.#zeroPoints, row * this.#zeroBytes, group, zeroPoint << this.#shift, this.#container);
  }

  /** Those of all groups at once. */
  setGrids(scales: Float32Array, zeroPoints: Float32Array): void {
    const factor = 1 / 2 ** this.#shift;
    for (let i = 0; i < scales.length; i++) this.#scales[i] = scales[i] * factor;
    if (!this.#zeroPoints) return;
    for (let i = 0; i < scales.length; i++) {
      const [row, group] = [Math.floor(i / this.#groups), i % this.#groups];
      put(this.#zeroPoints, row * this.#zeroBytes, group, zeroPoints[i] << this.#shift, this.#container);
    }
  }

  setCode(row: number, group: number, index: number, code: number): void {
    const start = (row * this.#groups + group) * this.#groupBytes;
    put(this.#codes, start, index, code << this.#shift, this.#container);
  }

  /** All codes at once. */
  setAll(write: (codes: Uint8Array) => void): void {
    write(this.#codes);
  }

  /** All codes of a group. */
  setCodes(row: number, group: number, codes: Uint8Array): void {
    const target = this.#codes;
    const shift = this.#shift;
    let at = (row * this.#groups + group) * this.#groupBytes;
    if (this.#container === 8) {
      for (let i = 0; i < codes.length; i++) target[at++] = codes[i] << shift;
    } else if (this.#container === 4) {
      for (let i = 0; i < codes.length; i += 2) target[at++] = (codes[i] | (codes[i + 1] << 4)) << shift;
    } else {
      for (let i = 0; i < codes.length; i += 4) {
        target[at++] = codes[i] | (codes[i + 1] << 2) | (codes[i + 2] << 4) | (codes[i + 3] << 6);
      }
    }
  }

  finish(): QuantizedBlocks {
    return { codes: this.#codes, scales: this.#scales, zeroPoints: this.#zeroPoints, groups: this.#groups };
  }
}

function put(bytes: Uint8Array, start: number, index: number, code: number, bits: number): void {
  if (bits === 8) bytes[start + index] = code;
  else if (bits === 4) bytes[start + (index >> 1)] |= code << ((index & 1) * 4);
  else bytes[start + (index >> 2)] |= code << ((index & 3) * 2);
}

/** int8 with one scale for each row, no zero point: codes [rows, columns]. */
export function quantizeInt8Rows(
  weights: Float32Array,
  rows: number,
  columns: number,
): { readonly codes: Int8Array<ArrayBuffer>; readonly scales: Float32Array<ArrayBuffer> } {
  const codes = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) most = Math.max(most, Math.abs(weights[i]));
    const scale = Math.fround(most / 127);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      codes[i] = Math.max(-127, Math.min(127, round(Math.fround(weights[i] / scale))));
    }
  }
  return { codes, scales };
}
