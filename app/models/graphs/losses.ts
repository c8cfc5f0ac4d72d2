/** Losses from logits: cross-entropy, with label smoothing and a penalty on the normaliser where they are asked for. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

export interface LossOptions {
  /** Share of each answer that is spread over all words (Szegedy et al. 2016). */
  readonly smoothing?: number;
  /** Weight of the squared log of the normaliser (z-loss, Chowdhery et al. 2022). */
  readonly z?: number;
}

/** logits [rows, classes], targets int64 [rows] -> [rows] */
export function emitLosses(
  g: GraphBuilder,
  logits: Value,
  targets: Value,
  { smoothing = 0, z = 0 }: LossOptions = {},
): Value {
  const [losses, column] = g.apply('CrossEntropy', [logits, targets], {}, { outputs: 2 });
  if (smoothing === 0 && z === 0) return losses;
  const normaliser = g.squeeze(column, [1]);
  // (1 - s) of the answer's logit and s of the mean logit: what the answer loses is normaliser - loss.
  const shift = () => g.sub(g.sub(normaliser, losses), g.reduceMean(logits, [-1], false));
  const smoothed = smoothing === 0 ? losses : g.add(losses, g.scale(shift(), smoothing));
  return z === 0 ? smoothed : g.add(smoothed, g.scale(g.mul(normaliser, normaliser), z));
}
