/** Which layers go. */
import type { BlockWalk, Hidden } from './block-walk.ts';

export interface LayerChoice {
  /** In the order in which they were given up. */
  readonly removed: readonly number[];
  /** Block influence of every layer in the whole model. */
  readonly influence: readonly number[];
  /** Perplexity of the calibration text with no layer removed, with the first, with the first two, … */
  readonly curve?: readonly number[];
  /** Mean angle over `removed.length` layers from each on, as a share of π. */
  readonly turns?: readonly number[];
}

/** The layers that change their input least (ShortGPT, Men et al. 2024). */
export async function leastInfluential(walk: BlockWalk, layers: number, count: number): Promise<LayerChoice> {
  const influence: number[] = [];
  let hidden = await walk.embed();
  for (let l = 0; l < layers; l++) {
    const probed = await walk.probe(l, hidden);
    influence.push(probed.influence);
    hidden = probed.hidden;
  }
  const order = [...influence.keys()].sort((a, b) => influence[a] - influence[b]);
  return { removed: order.slice(0, count), influence };
}

/** What goes into each layer of the whole model, what leaves the last, and how much each changes its input. */
export async function probeLayers(walk: BlockWalk, layers: number): Promise<{ states: Hidden[]; influence: number[] }> {
  const states: Hidden[] = [await walk.embed()];
  const influence: number[] = [];
  for (let l = 0; l < layers; l++) {
    const probed = await walk.probe(l, states[l]);
    states.push(probed.hidden);
    influence.push(probed.influence);
  }
  return { states, influence };
}

/**
 * The layers in a row over which vectors turn least: the mean angle, as a share of π, between what goes into the first of
 * them and what comes out of the last (Gromov et al. 2024, arXiv:2403.17887, equation 7, over all tokens instead of the last).
 */
export async function leastTurning(walk: BlockWalk, layers: number, count: number): Promise<LayerChoice> {
  const { states, influence } = await probeLayers(walk, layers);
  const turns = Array.from({ length: layers - count + 1 }, (_, l) => meanAngle(states[l], states[l + count]));
  const first = turns.indexOf(Math.min(...turns));
  return { removed: Array.from({ length: count }, (_, i) => first + i), influence, turns };
}

function meanAngle(before: Hidden, after: Hidden): number {
  let sum = 0;
  let tokens = 0;
  for (const [batch, { data, shape }] of before.entries()) {
    const [x, y] = [data as Float32Array, after[batch].data as Float32Array];
    const width = shape.at(-1) as number;
    for (let at = 0; at < x.length; at += width) {
      let [xx, yy, xy] = [0, 0, 0];
      for (let i = at; i < at + width; i++) {
        xx += x[i] * x[i];
        yy += y[i] * y[i];
        xy += x[i] * y[i];
      }
      sum += Math.acos(Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy || 1)))) / Math.PI;
      tokens += 1;
    }
  }
  return sum / tokens;
}

/** Layers that are tried at each step: those that change their input least in the model as it then is. */
const CANDIDATES = 10;

/**
 * One layer after the other: of those that change their input least, the one without which the calibration text is least
 * perplexing. What the layers before it make is computed once for all tries.
 */
export async function leastPerplexing(
  walk: BlockWalk,
  layers: number,
  count: number,
  onStep: (done: number) => void = () => {},
): Promise<LayerChoice> {
  const left = [...Array(layers).keys()];
  const removed: number[] = [];
  const curve: number[] = [];
  /** What goes into each layer that is left, and what comes out of the last. */
  const states: Hidden[] = [await walk.embed()];
  let influence: number[] = [];
  const firstInfluence: number[] = [];
  for (let from = 0; removed.length < count; ) {
    states.length = from + 1;
    influence = influence.slice(0, from);
    for (let i = from; i < left.length; i++) {
      const probed = await walk.probe(left[i], states[i]);
      states.push(probed.hidden);
      influence.push(probed.influence);
    }
    if (curve.length === 0) {
      curve.push(Math.exp(await walk.loss(states[left.length])));
      firstInfluence.push(...influence);
    }
    const tries = [...left.keys()].sort((a, b) => influence[a] - influence[b]).slice(0, CANDIDATES);
    let best = { place: tries[0], loss: Number.POSITIVE_INFINITY };
    for (const place of tries) {
      let hidden = states[place];
      for (let i = place + 1; i < left.length; i++) hidden = await walk.block(left[i], hidden);
      const loss = await walk.loss(hidden);
      if (loss < best.loss) best = { place, loss };
    }
    removed.push(...left.splice(best.place, 1));
    curve.push(Math.exp(best.loss));
    from = best.place;
    onStep(removed.length);
  }
  return { removed, influence: firstInfluence, curve };
}
