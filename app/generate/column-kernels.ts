/**
 * Weights in blocks of 4 or 8 bits read as numbers, or rounded to int8 with a step a column, in WebAssembly: a matrix at a time
 * is copied into one memory.
 */
import { COLUMN_KERNELS_BINARY } from './column-kernels-binary.ts';

interface Kernels {
  row(
    codes: number,
    steps: number,
    zeros: number,
    scales: number,
    to: number,
    groups: number,
    group: number,
    wide: number,
  ): number;
  columns(
    codes: number,
    steps: number,
    zeros: number,
    scales: number,
    scratch: number,
    groups: number,
    group: number,
    wide: number,
    y: number,
    newSteps: number,
    rows: number,
    width: number,
  ): void;
}

/** (code - zero) * step are the weights of a group. */
export interface StoredBlocks {
  readonly bits: 4 | 8;
  readonly rows: number;
  readonly width: number;
  /** Weights of a group: a multiple of 16. */
  readonly group: number;
  /** Rows of whole groups, the low half of a byte first. */
  readonly codes: Uint8Array;
  /** [rows, groups] each. */
  readonly steps: Float32Array;
  readonly zeros: Float32Array;
}

const PAGE = 65536;
const ALIGNMENT = 16;
let compiled: WebAssembly.Module | undefined;

export class ColumnKernels {
  #memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  #kernels: Kernels | undefined;

  /** Byte offsets of parts of these lengths, and memory that holds them. */
  #place(lengths: readonly number[]): number[] {
    let end = 0;
    const places = lengths.map((length) => {
      const begin = end;
      end = Math.ceil((begin + length) / ALIGNMENT) * ALIGNMENT;
      return begin;
    });
    if (!this.#kernels || this.#memory.buffer.byteLength < end) {
      compiled ??= new WebAssembly.Module(Buffer.from(COLUMN_KERNELS_BINARY, 'base64'));
      const pages = Math.ceil(end / PAGE);
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const { exports } = new WebAssembly.Instance(compiled, { lathe: { memory: this.#memory } });
      this.#kernels = exports as unknown as Kernels;
    }
    return places;
  }

  /** Copies a matrix and scales in, and leaves room for what is made of it. */
  #load({ bits, rows, width, group, codes, steps, zeros }: StoredBlocks, scales: Float32Array | undefined) {
    const groups = steps.length / rows;
    const padded = groups * group;
    const lengths = [codes.length, 4 * steps.length, 4 * zeros.length, 4 * padded, 4 * padded, rows * width, 4 * rows];
    const [atCodes, atSteps, atZeros, atScales, scratch, y, newSteps] = this.#place(lengths);
    const { buffer } = this.#memory;
    new Uint8Array(buffer, atCodes, codes.length).set(codes);
    new Float32Array(buffer, atSteps, steps.length).set(steps);
    new Float32Array(buffer, atZeros, zeros.length).set(zeros);
    const factors = new Float32Array(buffer, atScales, padded);
    factors.fill(1, 0, width).fill(0, width);
    if (scales) factors.set(scales);
    return { buffer, atCodes, atSteps, atZeros, atScales, scratch, groups, wide: bits === 8 ? 1 : 0, y, newSteps };
  }

  /** The weights of some rows, [wanted, width]. */
  rows(blocks: StoredBlocks, wanted: readonly number[]): Float32Array {
    const at = this.#load(blocks, undefined);
    const { width, group, codes, rows } = blocks;
    const values = new Float32Array(wanted.length * width);
    for (const [i, r] of wanted.entries()) {
      const first = 4 * r * at.groups;
      const places = [at.atCodes + (r * codes.length) / rows, at.atSteps + first, at.atZeros + first] as const;
      this.#kernels!.row(...places, at.atScales, at.scratch, at.groups, group, at.wide);
      values.set(new Float32Array(at.buffer, at.scratch, width), i * width);
    }
    return values;
  }

  /**
   * Rows times scales, each rounded to -127 to 127 on a step of its own.
   * @returns codes, the transpose [width, rows], in memory that the next call overwrites, and steps [rows]
   */
  columns(blocks: StoredBlocks, scales: Float32Array): { readonly codes: Int8Array; readonly steps: Float32Array } {
    const { rows, width, group } = blocks;
    const at = this.#load(blocks, scales);
    const inputs = [at.atCodes, at.atSteps, at.atZeros, at.atScales, at.scratch, at.groups, group, at.wide] as const;
    this.#kernels!.columns(...inputs, at.y, at.newSteps, rows, width);
    const steps = Float32Array.from(new Float32Array(at.buffer, at.newSteps, rows));
    return { codes: new Int8Array(at.buffer, at.y, rows * width), steps };
  }
}
