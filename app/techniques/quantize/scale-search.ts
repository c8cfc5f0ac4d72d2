/** Scales of inputs that linear layers share, by what they are for: finer weights (AWQ) or smoother activations. */
import type { InputStatistics } from '../../models/layer-walk.ts';
import { type OutputError, searchScales } from './awq.ts';
import type { BlockOptions } from './rtn.ts';
import { columnMaxima, smoothScales } from './smooth.ts';

export interface SharedMatrix {
  /** [rows, inputs] */
  readonly weights: Float32Array;
  readonly rows: number;
  /** Absent: rows of int8. */
  readonly grid: BlockOptions | undefined;
}

export interface ScaleSearch {
  /** [inputs]: what columns of the matrices are multiplied with, and the inputs divided by. */
  scales(matrices: readonly SharedMatrix[], inputs: InputStatistics): Promise<Float32Array>;
  dispose(): void;
}

export class AwqSearch implements ScaleSearch {
  readonly #error: OutputError;

  constructor(error: OutputError) {
    this.#error = error;
  }

  async scales(matrices: readonly SharedMatrix[], inputs: InputStatistics): Promise<Float32Array> {
    const inBlocks = matrices.flatMap(({ grid, ...matrix }) => (grid ? [{ ...matrix, grid }] : []));
    if (inBlocks.length < matrices.length) return new Float32Array(inputs.width).fill(1);
    return searchScales(inBlocks, inputs, this.#error);
  }

  dispose = (): void => this.#error.dispose();
}

export class Smoothing implements ScaleSearch {
  readonly #alpha: number;

  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  async scales(matrices: readonly SharedMatrix[], { maxAbsolute, width }: InputStatistics): Promise<Float32Array> {
    const most = columnMaxima(
      matrices.map(({ weights }) => weights),
      width,
    );
    return smoothScales(maxAbsolute, most, this.#alpha);
  }

  dispose = (): void => undefined;
}
