/** Depth: whole layers go. */
import { UserError } from '../../contract/errors.ts';
import { renamed, withLayers } from '../../models/keep-layers.ts';
import type { Model } from '../../models/model.ts';
import { countOf } from './amount.ts';
import { BlockWalk, windowsFrom } from './block-walk.ts';
import { type LayerChoice, leastInfluential, leastPerplexing, leastTurning } from './depth.ts';
import type { Pruning } from './pruning.ts';
import type { PruneOptions } from './schema.ts';

export const cutLayers: Pruning = async (model: Model, options, { calibration, threads, signal, onProgress }) => {
  const { layers, maxLength } = model.config;
  if (options.layers) return without(model, { removed: namedLayers(model, options) });
  const count = countOf(options.amount ?? 0.1, layers, 'layers');
  const usual = model.architecture.kind === 'encoder' ? 'influence' : 'perplexity';
  const byPerplexity = (options.by ?? usual) === 'perplexity';
  const windows = windowsFrom(await calibration(), options.calibrationTokens, maxLength);
  const walk = new BlockWalk(model, windows, { threads, signal, keepWeights: byPerplexity });
  const choice = await (byPerplexity
    ? leastPerplexing(walk, layers, count, (done) => onProgress?.(done, count))
    : (options.by === 'angular' ? leastTurning : leastInfluential)(walk, layers, count)
  ).finally(() => walk.dispose());
  return without(model, choice);
};

/** @throws UserError arguments/incompatible, arguments/invalid, prune/too-much */
function namedLayers(model: Model, { layers = [], amount, by }: PruneOptions): readonly number[] {
  const of = model.config.layers;
  if (amount !== undefined || by !== undefined) {
    throw new UserError('arguments/incompatible', '--layers says which go: leave --amount and --by out');
  }
  const stranger = layers.find((layer, i) => layer >= of || layers.indexOf(layer) !== i);
  if (stranger !== undefined) {
    const what = stranger >= of ? `there is no layer ${stranger} of ${of}` : `layer ${stranger} is named twice`;
    throw new UserError('arguments/invalid', `--layers: ${what}`);
  }
  countOf(layers.length, of, 'layers');
  return layers;
}

function without(
  model: Model,
  choice: Partial<LayerChoice> & Pick<LayerChoice, 'removed'>,
): Awaited<ReturnType<Pruning>> {
  const { layers } = model.config;
  const keep = [...Array(layers).keys()].filter((l) => !choice.removed.includes(l));
  const stored = new Map([...model.weights.keys()].map((name) => [renamed(name, keep), name]));
  return {
    config: withLayers(model.configJson, model.config, keep),
    source: (name) => stored.get(name) ?? name,
    removed: {
      layers: [...choice.removed],
      of: layers,
      ...(choice.influence ? { influence: [...choice.influence] } : {}),
      ...(choice.curve ? { perplexities: [...choice.curve] } : {}),
      ...(choice.turns ? { turns: [...choice.turns] } : {}),
    },
  };
}
