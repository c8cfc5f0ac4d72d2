/** Single weights of the blocks' linear layers become zero; the tensors keep their shape. */

import { UserError } from '../../contract/errors.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { BlockWalk, windowsFrom } from './block-walk.ts';
import { madeGood } from './made-good.ts';
import { transposed, zeroLeast } from './masks.ts';
import type { PruneContext, Pruning } from './pruning.ts';
import type { PruneOptions } from './schema.ts';

/** @throws UserError arguments/incompatible, prune/too-much */
function shareOf({ amount = 0.5, pattern }: PruneOptions): number | '2:4' {
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
  if (options.method === 'sparsegpt') {
    const windows = windowsFrom(await context.calibration(), options.calibrationTokens, model.config.maxLength);
    const made = await madeGood(model, linears, windows, share, context);
    const change = new Map([...made].map(([name, values]) => [name, () => values] as const));
    return { change, removed: counted(made.values()) };
  }
  const norms = options.method === 'wanda' ? await gatherNorms(model, options, share, context) : undefined;
  let weights = 0;
  let zeros = 0;
  const change = new Map(
    chosen.map(([name, spec]) => {
      weights += spec.inputs * spec.outputs;
      zeros += spec.outputs * (share === '2:4' ? spec.inputs / 2 : Math.round(share * spec.inputs));
      return [`${name}.weight`, (values: Float32Array) => zeroed(values, spec, norms?.get(name), share)] as const;
    }),
  );
  return { change, removed: { weights: zeros, of: weights } };
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
  share: number | '2:4',
): Float32Array {
  if (layout !== 'in-out') {
    zeroLeast(values, inputs, norms, share);
    return values;
  }
  const rows = transposed(values, inputs, outputs);
  zeroLeast(rows, inputs, norms, share);
  return transposed(rows, outputs, inputs);
}

/** Norms of the inputs of each linear layer; later blocks see what the earlier ones give once they are pruned. */
async function gatherNorms(
  model: Model,
  options: PruneOptions,
  share: number | '2:4',
  { calibration, threads, signal, onProgress }: PruneContext,
): Promise<ReadonlyMap<string, Float64Array>> {
  const { layers, maxLength } = model.config;
  const { linears } = buildScoringGraph(model, 1);
  const windows = windowsFrom(await calibration(), options.calibrationTokens, maxLength);
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
        replaced.set(`${name}.weight`, zeroed(values, linears.get(name)!, found, share));
      }
      hidden = await walk.block(l, hidden, replaced);
      onProgress?.(l + 1, layers);
    }
    return norms;
  } finally {
    walk.dispose();
  }
}
