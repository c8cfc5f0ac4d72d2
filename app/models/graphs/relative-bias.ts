/** T5's biases by distance: which bucket each distance falls into, and the biases as graph nodes (Raffel et al. 2020, section 2.1). */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { RelativeBias } from '../architectures/kit.ts';

/**
 * @param distance key - query, int64 [batch, queries, keys]
 * @param weight [buckets, heads]
 * @returns [batch, heads, 1, queries, keys], to be added to the scores
 */
export function emitRelativeBias(
  g: GraphBuilder,
  distance: Value,
  weight: Value,
  { buckets, maxDistance }: RelativeBias,
  bidirectional: boolean,
): Value {
  const limit = (value: number) => g.scalar(value, 'int64');
  const bounded = g.op('Min', [g.op('Max', [distance, limit(-maxDistance)]), limit(maxDistance)]);
  const table = g.int64s(relativeBuckets(buckets, maxDistance, bidirectional));
  const found = g.gather(weight, g.gather(table, g.add(bounded, limit(maxDistance))));
  return g.unsqueeze(g.transpose(found, [0, 3, 1, 2]), [2]);
}

/**
 * @returns for the distances key - query from -maxDistance to maxDistance, the bucket; farther ones are as the farthest
 */
export function relativeBuckets(buckets: number, maxDistance: number, bidirectional: boolean): number[] {
  const side = bidirectional ? buckets / 2 : buckets;
  const exact = Math.floor(side / 2);
  return Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
    const distance = i - maxDistance;
    const away = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
    const begin = bidirectional && distance > 0 ? side : 0;
    return begin + (away < exact ? away : Math.min(side - 1, exact + logarithmic(away, exact, maxDistance, side)));
  });
}

/** In float32 like the models were trained, since the result is cut to a whole number. */
function logarithmic(away: number, exact: number, maxDistance: number, side: number): number {
  const log = Math.fround(Math.log(Math.fround(away / exact)));
  const share = Math.fround(log / Math.fround(Math.log(maxDistance / exact)));
  return Math.trunc(Math.fround(share * (side - exact)));
}
