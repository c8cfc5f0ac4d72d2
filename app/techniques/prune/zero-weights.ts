/** Single weights of the blocks' linear layers become zero; the tensors keep their shape. */

import { UserError } from '../../contract/errors.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { BlockWalk, windowsFrom } from './block-walk.ts';
import { madeGood } from './made-good.ts';
import { zeroLeast } from './masks.ts';
import { layerShares, outlierShare } from './outliers.ts';
import type { PruneContext, Pruning } from './pruning.ts';
import type { PruneOptions } from './schema.ts';

type Share = number | '2:4';

/** @throws UserError arguments/incompatible, prune/too-much */
function shareOf({ amount = 0.5, pattern }: PruneOptions): Share {
  if (amount >= 1) {
    throw new UserError('prune/too-much', `a share of ${amount} leaves no weight: give one below 1, such as 0.5`);
  }
  if (pattern !== '2:4') return amount;
  if (amount !== 0.5)
    throw new UserError('arguments/incompatible', 'the pattern 2:4 removes a half: leave --amount out');
  return '2:4';
}

export const zeroWeights: Pruning = async (model, options, context) => {
  const share = shareOf(options);
  const { linears } = buildScoringGraph(model, 1);
  const chosen = [...linears].filter(([name]) => /\.\d+\./.test(name));
  const unfit = chosen.find(([, { inputs }]) => share === '2:4' && inputs % 4 !== 0);
  if (unfit) {
    throw new UserError(
      'prune/does-not-divide',
      `${unfit[0]} has ${unfit[1].inputs} inputs, which fours do not divide`,
    );
  }
  const windows =
    options.method === 'magnitude'
      ? []
      : windowsFrom(await context.calibration(), options.calibrationTokens, model.config.maxLength);
  const shares = await sharesOf(model, options, share, windows, context);
  const uneven = options.shares === 'even' ? {} : { shares };
  if (options.method === 'sparsegpt') {
    const made = await madeGood(model, linears, windows, shares, context);
    const change = new Map([...made].map(([name, values]) => [name, () => values] as const));
    return { change, removed: { ...counted(made.values()), ...uneven } };
  }
  const norms = options.method === 'wanda' ? await gatherNorms(model, windows, shares, context) : undefined;
  let weights = 0;
  let zeros = 0;
  const change = new Map(
    chosen.map(([name, spec]) => {
      weights += spec.inputs * spec.outputs;
      const own = shares[layerOf(name)];
      zeros += spec.outputs * (own === '2:4' ? spec.inputs / 2 : Math.round(own * spec.inputs));
      return [`${name}.weight`, (values: Float32Array) => zeroed(values, spec, norms?.get(name), own)] as const;
    }),
  );
  return { change, removed: { weights: zeros, of: weights, ...uneven } };
};

function counted(values: Iterable<Float32Array>): { readonly weights: number; readonly of: number } {
  const sum = { weights: 0, of: 0 };
  for (const weight of values) {
    sum.of += weight.length;
    for (let i = 0; i < weight.length; i++) if (weight[i] === 0) sum.weights += 1;
  }
  return sum;
}

function zeroed(
  values: Float32Array,
  { inputs, outputs, layout }: LinearSpec,
  norms: Float64Array | undefined,
  share: Share,
): Float32Array {
  if (layout !== 'in-out') {
    zeroLeast(values, inputs, norms, share);
    return values;
  }
  const rows = transpose(values, inputs, outputs);
  zeroLeast(rows, inputs, norms, share);
  return transpose(rows, outputs, inputs);
}

/** The layer that a module is in: the first number in its name. */
const layerOf = (module: string): number => Number(/\.(\d+)\./.exec(module)![1]);

/** What goes of each layer: as much of all, or less where the whole model's scores have more outliers. */
async function sharesOf(
  model: Model,
  options: PruneOptions,
  share: Share,
  windows: readonly (readonly number[])[],
  { threads, signal }: PruneContext,
): Promise<readonly Share[]> {
  const { layers } = model.config;
  if (options.shares === 'even') return Array.from({ length: layers }, () => share);
  if (share === '2:4' || options.method === 'magnitude') {
    throw new UserError('arguments/incompatible', 'shares by outliers go with wanda and sparsegpt, in rows');
  }
  const { linears } = buildScoringGraph(model, 1);
  const walk = new BlockWalk(model, windows, { threads, signal });
  try {
    let hidden = await walk.embed();
    const outliers: number[] = [];
    for (let l = 0; l < layers; l++) {
      const probed = await walk.probe(l, hidden);
      hidden = probed.hidden;
      const weights = [...probed.squares].map(async ([name, squares]) => {
        const { inputs, outputs, layout } = linears.get(name)!;
        const stored = await readFloats(model.weights.get(`${name}.weight`)!);
        const values = layout === 'in-out' ? transpose(stored, inputs, outputs) : stored;
        return { values, inputs, norms: squares.map(Math.sqrt) };
      });
      outliers.push(outlierShare(await Promise.all(weights)));
    }
    return layerShares(outliers, share);
  } finally {
    walk.dispose();
  }
}

/** Norms of the inputs of each linear layer; later blocks see what the earlier ones give once they are pruned. */
async function gatherNorms(
  model: Model,
  windows: readonly (readonly number[])[],
  shares: readonly Share[],
  { threads, signal, onProgress }: PruneContext,
): Promise<ReadonlyMap<string, Float64Array>> {
  const { layers } = model.config;
  const { linears } = buildScoringGraph(model, 1);
  const walk = new BlockWalk(model, windows, { threads, signal });
  const norms = new Map<string, Float64Array>();
  try {
    let hidden = await walk.embed();
    for (let l = 0; l < layers; l++) {
      const replaced = new Map<string, Float32Array>();
      for (const [name, squares] of (await walk.probe(l, hidden)).squares) {
        const found = squares.map(Math.sqrt);
        norms.set(name, found);
        const values = await readFloats(model.weights.get(`${name}.weight`)!);
        replaced.set(`${name}.weight`, zeroed(values, linears.get(name)!, found, shares[l]));
      }
      hidden = await walk.block(l, hidden, replaced);
      onProgress?.(l + 1, layers);
    }
    return norms;
  } finally {
    walk.dispose();
  }
}
