/**
 * The two passes over a matrix that rounding in groups takes, in WebAssembly: the extremes of each group, and the codes on its
 * grid. Weights are copied a piece at a time into one memory of the process.
 */
import { ROUNDING_KERNELS_BINARY } from './rounding-kernels-binary.ts';

interface Kernels {
  extremes(x: number, lows: number, highs: number, groups: number, size: number): void;
  round(
    x: number,
    inverses: number,
    zeros: number,
    y: number,
    groups: number,
    size: number,
    most: number,
    shift: number,
    wide: number,
  ): void;
}

/** Weights of a piece: they stay in a processor's cache. */
const PIECE = 2 ** 15;
const VECTOR = 16;
const PAGE = 65536;
/** After the weights: a number or two of each group, then codes of at most a byte. */
const [FIRST, SECOND] = [4 * PIECE, 4 * PIECE + (4 * PIECE) / VECTOR];
const CODES = SECOND + (4 * PIECE) / VECTOR;

interface Opened {
  readonly kernels: Kernels;
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
}
let opened: Opened | undefined;

function open(): Opened {
  const pages = Math.ceil((CODES + PIECE) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(Buffer.from(ROUNDING_KERNELS_BINARY, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { lathe: { memory } });
  return {
    kernels: exports as unknown as Kernels,
    floats: new Float32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
  };
}

/** Whether groups of that many weights are whole vectors, and one fits a piece. */
export const fitsKernels = (groupSize: number): boolean => groupSize % VECTOR === 0 && groupSize <= PIECE;

/** A matrix [rows, columns] cut in groups along its columns; the last of a row may be shorter. */
export interface Cut {
  readonly weights: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly groupSize: number;
}

/** Has `work` done on pieces of whole groups, whose weights lie at the beginning of the memory, zeros after short ones. */
function eachPiece(
  { weights, rows, columns, groupSize }: Cut,
  work: (memory: Opened, first: number, count: number) => void,
): void {
  opened ??= open();
  // Without short groups the rows follow one another.
  const whole = columns % groupSize === 0;
  const [lines, length] = whole ? [1, rows * columns] : [rows, columns];
  const groups = Math.ceil(length / groupSize);
  const most = Math.floor(PIECE / groupSize);
  for (let line = 0; line < lines; line++) {
    for (let group = 0; group < groups; group += most) {
      const count = Math.min(most, groups - group);
      const [begin, end] = [group * groupSize, Math.min(length, (group + count) * groupSize)];
      opened.floats.set(weights.subarray(line * length + begin, line * length + end));
      opened.floats.fill(0, end - begin, count * groupSize);
      work(opened, line * groups + group, count);
    }
  }
}

/** The least and the greatest value of each group, zero counted in. */
export function extremesOf(cut: Cut): { readonly lows: Float32Array; readonly highs: Float32Array } {
  const groups = cut.rows * Math.ceil(cut.columns / cut.groupSize);
  const [lows, highs] = [new Float32Array(groups), new Float32Array(groups)];
  eachPiece(cut, ({ kernels, floats }, first, count) => {
    kernels.extremes(0, FIRST, SECOND, count, 4 * cut.groupSize);
    lows.set(floats.subarray(FIRST / 4, FIRST / 4 + count), first);
    highs.set(floats.subarray(SECOND / 4, SECOND / 4 + count), first);
  });
  return { lows, highs };
}

export interface CodeForm {
  readonly bits: number;
  /** Bits of a code's place: those of narrower codes are its upper ones. */
  readonly container: 4 | 8;
}

/**
 * min(max(weight * inverse + zero, 0), 2^bits - 1) of each weight, rounded half up, packed with the low half of a byte first.
 * @param inverses, zeros of each group
 * @param codes gets groupSize * container / 8 bytes for each group
 */
export function writeCodes(
  cut: Cut,
  inverses: Float32Array,
  zeros: Float32Array,
  { bits, container }: CodeForm,
  codes: Uint8Array,
): void {
  const { groupSize } = cut;
  const size = (groupSize * container) / 8;
  eachPiece(cut, ({ kernels, floats, bytes }, first, count) => {
    floats.set(inverses.subarray(first, first + count), FIRST / 4);
    floats.set(zeros.subarray(first, first + count), SECOND / 4);
    const wide = container === 8 ? 1 : 0;
    kernels.round(0, FIRST, SECOND, CODES, count, 4 * groupSize, 2 ** bits - 1, container - bits, wide);
    codes.set(bytes.subarray(CODES, CODES + count * size), first * size);
  });
}
