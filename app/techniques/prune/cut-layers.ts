/** Depth: whole layers go. */
import { renamed, withLayers } from '../../models/keep-layers.ts';
import type { Model } from '../../models/model.ts';
import { countOf } from './amount.ts';
import { BlockWalk, windowsFrom } from './block-walk.ts';
import { leastInfluential, leastPerplexing, leastTurning } from './depth.ts';
import type { Pruning } from './pruning.ts';

export const cutLayers: Pruning = async (model: Model, options, { calibration, threads, signal, onProgress }) => {
  const { layers, maxLength } = model.config;
  const count = countOf(options.amount ?? 0.1, layers, 'layers');
  const byPerplexity = (options.by ?? 'perplexity') === 'perplexity';
  const windows = windowsFrom(await calibration(), options.calibrationTokens, maxLength);
  const walk = new BlockWalk(model, windows, { threads, signal, keepWeights: byPerplexity });
  const choice = await (byPerplexity
    ? leastPerplexing(walk, layers, count, (done) => onProgress?.(done, count))
    : (options.by === 'angular' ? leastTurning : leastInfluential)(walk, layers, count)
  ).finally(() => walk.dispose());
  const keep = [...Array(layers).keys()].filter((l) => !choice.removed.includes(l));
  const stored = new Map([...model.weights.keys()].map((name) => [renamed(name, keep), name]));
  return {
    config: withLayers(model.configJson, model.config, keep),
    source: (name) => stored.get(name) ?? name,
    removed: {
      layers: [...choice.removed],
      of: layers,
      influence: [...choice.influence],
      ...(choice.curve ? { perplexities: [...choice.curve] } : {}),
      ...(choice.turns ? { turns: [...choice.turns] } : {}),
    },
  };
};
