/** How the values of one weight are spread. */
import { UserError } from '../contract/errors.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import { readConstant, readFloats } from './weights/constants.ts';

export interface Histogram {
  /** Bounds of the bars, one more than there are. */
  readonly edges: number[];
  readonly counts: number[];
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  readonly zeros: number;
  readonly values: number;
}

const FLOATS = ['float32', 'float16', 'bfloat16', 'float64'];

/** Integer tensors are counted in their stored integers. @throws UserError weights/* */
export async function tensorHistogram(constant: ExternalTensor, bars: number): Promise<Histogram> {
  if (FLOATS.includes(constant.dtype)) return histogramOf(await readFloats(constant), bars);
  const { data } = await readConstant(constant);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return histogramOf(Float64Array.from(data, Number), bars);
  return histogramOf(data as unknown as ArrayLike<number>, bars);
}

export function histogramOf(data: ArrayLike<number>, bars: number): Histogram {
  const values = data.length;
  if (values === 0) throw new UserError('weights/corrupt', 'the tensor is empty');
  let [minimum, maximum, sum, zeros] = [data[0], data[0], 0, 0];
  for (let i = 0; i < values; i++) {
    const value = data[i];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (value === 0) zeros += 1;
    sum += value;
  }
  const mean = sum / values;
  const width = (maximum - minimum) / bars || 1;
  const counts = new Array<number>(bars).fill(0);
  let squares = 0;
  for (let i = 0; i < values; i++) {
    counts[Math.min(bars - 1, Math.floor((data[i] - minimum) / width))] += 1;
    squares += (data[i] - mean) ** 2;
  }
  const edges = Array.from({ length: bars + 1 }, (_, i) => minimum + i * width);
  return { edges, counts, minimum, maximum, mean, deviation: Math.sqrt(squares / values), zeros, values };
}
