/** How unevenly single weights go over the layers: less of those whose weights are full of outliers. */
import { mean } from '../../evaluate/statistics.ts';

/** A score is an outlier where it is this many times the mean of its layer. */
const TIMES = 5;
/** Most that a layer's share differs from the mean. */
const SPREAD = 0.08;

/**
 * Share of scores far above the layer's mean (OWL, Yin et al. 2024, arXiv:2310.05175, equation 1), Wanda's scores |w| ‖x‖.
 * @param weights of a layer's linear modules, [outputs, inputs] each, with the norms of their inputs
 */
export function outlierShare(
  weights: readonly { readonly values: Float32Array; readonly inputs: number; readonly norms: ArrayLike<number> }[],
): number {
  let [sum, count] = [0, 0];
  for (const { values, inputs, norms } of weights) {
    for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]) * norms[i % inputs];
    count += values.length;
  }
  const limit = (TIMES * sum) / count;
  let outliers = 0;
  for (const { values, inputs, norms } of weights) {
    for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) * norms[i % inputs] > limit) outliers += 1;
  }
  return outliers / count;
}

/**
 * The share of each layer: the mean is `share`, more outliers mean less, at most `SPREAD` to either side (ibid., Algorithm 1).
 * @param outliers share of outliers of each layer
 */
export function layerShares(outliers: readonly number[], share: number): number[] {
  const spread = Math.min(SPREAD, share, 1 - share);
  const [least, most] = [Math.min(...outliers), Math.max(...outliers)];
  if (most === least) return outliers.map(() => share);
  const scaled = outliers.map((value) => ((value - least) / (most - least)) * 2 * spread);
  const middle = mean(scaled);
  // Taken from the mean, a share may leave the range on one side: it is drawn back into what a share can be.
  return scaled.map((value) => Math.min(0.999, Math.max(0, share + middle - value)));
}
