/** How long a token takes and how many come, by the number of requests that are answered at once. */
import { median } from '../../evaluate/statistics.ts';
import type { Bench } from './bench.ts';
import { BATCHES, type Candidate } from './candidates.ts';
import { spreadOf } from './interval.ts';

export interface CurvePoint {
  readonly batch: number;
  /** Milliseconds between two tokens of one request, while prompts of others are read in between. */
  readonly latencyMs: number;
  /** Of all requests together. */
  readonly tokensPerSecond: number;
  readonly n: number;
  readonly spread: number;
}

const ROUNDS = 5;

/**
 * Both ways in turns at every size, as far as time goes: sizes that were not reached are left out.
 * @returns a curve each
 */
export async function measureCurves(
  bench: Bench,
  ways: readonly Candidate[],
  until: number,
  signal?: AbortSignal,
): Promise<CurvePoint[][]> {
  const curves: CurvePoint[][] = ways.map(() => []);
  for (const [place, batch] of BATCHES.entries()) {
    const costs: number[][] = ways.map(() => []);
    const end = performance.now() + (until - performance.now()) / (BATCHES.length - place);
    for (
      let round = 0;
      round < ROUNDS && (round === 0 ? performance.now() < until : performance.now() < end);
      round++
    ) {
      for (const [i, way] of ways.entries()) {
        signal?.throwIfAborted();
        const cost = await bench.measure({ ...way, batch }, 'batch');
        if (cost !== undefined) costs[i].push(cost);
      }
    }
    for (const [i, own] of costs.entries()) {
      if (own.length === 0) continue;
      const cost = median(own);
      const point = { batch, latencyMs: cost * batch, tokensPerSecond: 1000 / cost };
      curves[i].push({ ...point, n: own.length, spread: spreadOf(own) });
    }
  }
  return curves;
}
