/** Two graphs on the same inputs, in turns: how far their outputs are apart, and which is faster here. */
import type { Session } from '../../../runtime/session.ts';
import { isFloat } from '../../../tensor/dtype.ts';
import type { Feeds } from './activations.ts';

export interface Comparison {
  /** Of all float outputs, the mean over examples. 1: the same direction. */
  readonly meanCosine: number;
  /** Share of examples and positions whose largest entry along the last axis is the same. */
  readonly topAgreement: number;
  /** Medians of one run, in milliseconds. */
  readonly sourceMs: number;
  readonly resultMs: number;
  readonly examples: number;
}

export async function compareGraphs(
  source: Session,
  result: Session,
  data: readonly Feeds[],
  signal?: AbortSignal,
): Promise<Comparison> {
  const times: { source: number[]; result: number[] } = { source: [], result: [] };
  let [cosine, outputs, same, rows] = [0, 0, 0, 0];
  for (const feeds of data) {
    signal?.throwIfAborted();
    const timed = async (session: Session, into: number[]) => {
      const begin = performance.now();
      const values = await session.run(feeds, [...session.outputs], { signal });
      into.push(performance.now() - begin);
      return values;
    };
    const expected = await timed(source, times.source);
    const actual = await timed(result, times.result);
    for (const [name, { dtype, shape, data: a }] of Object.entries(expected)) {
      if (!isFloat(dtype) || shape.length === 0) continue;
      const [p, q] = [a as Float32Array, actual[name].data as Float32Array];
      cosine += cosineOf(p, q);
      outputs += 1;
      const width = shape[shape.length - 1];
      for (let at = 0; at < p.length; at += width) {
        same += Number(largest(p, at, width) === largest(q, at, width));
        rows += 1;
      }
    }
  }
  return {
    meanCosine: cosine / Math.max(1, outputs),
    topAgreement: same / Math.max(1, rows),
    sourceMs: median(times.source),
    resultMs: median(times.result),
    examples: data.length,
  };
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa === 0 || bb === 0 ? Number(aa === bb) : ab / Math.sqrt(aa * bb);
}

function largest(values: Float32Array, at: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (values[at + i] > values[at + best]) best = i;
  return best;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
