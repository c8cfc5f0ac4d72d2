/** AWQ: inputs that fire strongly get finer weights, by a scale that the layer before takes back. */

import type { InputStatistics } from '../../models/layer-walk.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Session } from '../../runtime/session.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { float32 } from '../../tensor/tensor.ts';
import { type BlockOptions, quantizeRtn } from './rtn.ts';
import { dequantizeBlocks } from './unpack.ts';

/** Powers of the mean activation that are tried. */
const POWERS = Array.from({ length: 15 }, (_, i) => i / 15);
/** Rows of a matrix that the search looks at. */
const SAMPLE = 128;

export interface ScaledMatrix {
  /** [rows, columns] row-major */
  readonly weights: Float32Array;
  readonly rows: number;
  readonly grid: BlockOptions;
}

/** tr(D G Dᵀ): the squared error of a layer's outputs over the calibration text, from the error of its weights. */
export class OutputError {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open(threads?: number): Promise<OutputError> {
    const g = new GraphBuilder();
    const d = g.input('error', 'float32', ['rows', 'columns']);
    const gram = g.input('gram', 'float32', ['columns', 'columns']);
    g.output(g.reduceSum(g.mul(g.matmul(d, gram), d), [0, 1], false), 'sum');
    return new OutputError(await openSession(encodeModel(g.build('output-error')), { threads }));
  }

  async of(error: Float32Array, gram: Float32Array, columns: number): Promise<number> {
    const { sum } = await this.#session.run({
      error: float32([error.length / columns, columns], error),
      gram: float32([columns, columns], gram),
    });
    return (sum.data as Float32Array)[0];
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/**
 * Scales s [columns] for inputs shared by some matrices: they become W diag(s), the inputs x / s (Lin et al. 2023). s is
 * the mean activation to the power that leaves the least error at the outputs, rounding to nearest; all ones where none helps.
 */
export async function searchScales(
  matrices: readonly ScaledMatrix[],
  inputs: InputStatistics,
  measure: OutputError,
): Promise<Float32Array> {
  const columns = inputs.width;
  const samples = matrices.map((matrix) => sampleOf(matrix, columns));
  const gram = Float32Array.from(inputs.gram);
  let best: Float32Array = new Float32Array(columns).fill(1);
  let least = Number.POSITIVE_INFINITY;
  for (const power of POWERS) {
    const scales = scalesOf(inputs.meanAbsolute, power);
    let error = 0;
    for (const { weights, rows, grid } of samples) {
      const scaled = scaleColumns(weights, scales);
      const rounded = dequantizeBlocks(quantizeRtn(scaled, rows, columns, grid), rows, columns, grid);
      for (let i = 0; i < rounded.length; i++) rounded[i] = rounded[i] / scales[i % columns] - weights[i];
      error += (await measure.of(rounded, gram, columns)) / rows;
    }
    if (error >= least) continue;
    least = error;
    best = scales;
  }
  return best;
}

function sampleOf({ weights, rows, grid }: ScaledMatrix, columns: number): ScaledMatrix {
  if (rows <= SAMPLE) return { weights, rows, grid };
  const sample = new Float32Array(SAMPLE * columns);
  for (let i = 0; i < SAMPLE; i++) {
    const row = Math.floor((i * rows) / SAMPLE);
    sample.set(weights.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return { weights: sample, rows: SAMPLE, grid };
}

/** Mean activation to a power, its extremes around one. */
function scalesOf(meanAbsolute: Float64Array, power: number): Float32Array {
  const raw = meanAbsolute.map((mean) => Math.max(mean, 1e-4) ** power);
  const middle = Math.sqrt(raw.reduce((a, b) => Math.max(a, b)) * raw.reduce((a, b) => Math.min(a, b)));
  return Float32Array.from(raw, (s) => s / middle);
}

/** W diag(s) */
export function scaleColumns(weights: Float32Array, scales: Float32Array): Float32Array {
  const columns = scales.length;
  const result = new Float32Array(weights.length);
  for (let i = 0; i < weights.length; i++) result[i] = weights[i] * scales[i % columns];
  return result;
}

/** What a layer is given once its inputs are divided by s. */
export function scaleInputs(inputs: InputStatistics, scales: Float32Array): InputStatistics {
  const { width } = inputs;
  const gram = inputs.gram.map((v, i) => v / scales[Math.floor(i / width)] / scales[i % width]);
  const divide = (values: Float64Array) => values.map((v, i) => v / scales[i]);
  return { ...inputs, gram, meanAbsolute: divide(inputs.meanAbsolute), maxAbsolute: divide(inputs.maxAbsolute) };
}
