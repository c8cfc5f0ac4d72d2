/** What each layer that goes costs: the curve of perplexity that people choose by, before anything is pruned. */
import type { DepthCurve } from '../../contract/techniques.ts';
import type { Model } from '../../models/model.ts';
import { BlockWalk, type WalkOptions } from './block-walk.ts';
import { probeLayers } from './depth.ts';

/** Of all layers, this share is the most that the curve goes to. */
const MOST = 0.5;

/**
 * Takes layers out in the order of their influence (ShortGPT, Men et al. 2024), one after the other, and measures each time.
 * @param windows text of one length each
 */
export async function depthCurve(
  model: Model,
  windows: readonly (readonly number[])[],
  options: WalkOptions = {},
): Promise<DepthCurve> {
  const { layers } = model.config;
  const walk = new BlockWalk(model, windows, { ...options, keepWeights: true });
  try {
    const { states, influence } = await probeLayers(walk, layers);
    const order = [...influence.keys()].sort((a, b) => influence[a] - influence[b] || a - b);
    const removed = order.slice(0, Math.max(1, Math.floor(MOST * layers)));
    const perplexities = [Math.exp(await walk.loss(states[layers]))];
    for (let count = 1; count <= removed.length; count++) {
      const gone = new Set(removed.slice(0, count));
      const first = Math.min(...gone);
      let hidden = states[first];
      for (let l = first; l < layers; l++) if (!gone.has(l)) hidden = await walk.block(l, hidden);
      perplexities.push(Math.exp(await walk.loss(hidden)));
    }
    return { removed, perplexities, influence };
  } finally {
    walk.dispose();
  }
}
