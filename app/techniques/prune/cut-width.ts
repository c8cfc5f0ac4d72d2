/** Width: feed-forward neurons or heads go, the same number in every layer and in each layer those that matter least. */
import { UserError } from '../../contract/errors.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { countOf } from './amount.ts';
import { BlockWalk, windowsFrom } from './block-walk.ts';
import { cutChannels } from './cut-channels.ts';
import type { PruneContext, Pruning } from './pruning.ts';
import type { PruneOptions } from './schema.ts';
import { type Cut, largest } from './select.ts';
import { taylorImportance } from './taylor.ts';
import { contributions, grouped, type KeptHeads, keepGroups, keepQueryHeads, keptOutputs, valuesOf } from './width.ts';
import { attentionOf, feedForwardOf, type WidthPart } from './width-parts.ts';

type Linears = ReadonlyMap<string, LinearSpec>;

export const cutWidth: Pruning = (model, options, context) => {
  switch (options.part) {
    case 'neurons':
      return cutNeurons(model, options, context);
    case 'channels':
      return cutChannels(model, options, context);
    default:
      return cutHeads(model, options, context);
  }
};

const cutNeurons: Pruning = async (model, options, context) => {
  const part = feedForwardOf(model);
  const count = countOf(options.amount ?? 0.1, part.size, 'neurons');
  const cuts = new Map<string, readonly Cut[]>();
  await eachLayer(model, options, context, part, (path, importance, linears) => {
    const keep = largest(importance, part.size - count);
    addCuts(cuts, model, linears, path, part, part.size, { places: keep, keys: keep });
  });
  const config = { ...model.configJson, [part.key]: part.size - count };
  return { config, cuts, removed: { neurons: count, of: part.size } };
};

const cutHeads: Pruning = async (model, options, context) => {
  const part = attentionOf(model);
  const { heads, keyValueHeads, headDim } = model.config;
  const groups = options.part === 'groups';
  const of = groups ? keyValueHeads : heads;
  const count = countOf(options.amount ?? 1 / of, of, groups ? 'key-value heads' : 'heads');
  const choose = groups ? keepGroups : keepQueryHeads;
  // Refuses before anything is run.
  let kept: KeptHeads = choose(new Float64Array(heads), model.config, count);
  assertLoads(model, kept.query.length);
  const cuts = new Map<string, readonly Cut[]>();
  await eachLayer(model, options, context, part, (path, importance, linears) => {
    kept = choose(grouped(importance, headDim), model.config, count);
    const keep = { places: valuesOf(kept.query, headDim), keys: valuesOf(kept.keyValue, headDim) };
    addCuts(cuts, model, linears, path, part, heads * headDim, keep);
  });
  const config = {
    ...model.configJson,
    num_attention_heads: kept.query.length,
    num_key_value_heads: kept.keyValue.length,
    head_dim: headDim,
  };
  const removed = { heads: heads - kept.query.length, keyValueHeads: keyValueHeads - kept.keyValue.length, of };
  return { config, cuts, removed };
};

/** Types whose width must be a multiple of their heads: transformers 5 opens no other. */
const MULTIPLES = ['llama', 'gemma2', 'gemma3_text'];

/** @throws UserError prune/does-not-divide */
function assertLoads({ config: { width, heads }, configJson: { model_type: type } }: Model, left: number): void {
  if (!MULTIPLES.includes(String(type)) || width % left === 0) return;
  const fits = Array.from({ length: heads - 1 }, (_, i) => i + 1).filter((n) => width % n === 0);
  throw new UserError(
    'prune/does-not-divide',
    `${left} of ${heads} heads would be left, which do not divide the width ${width}: transformers opens no such ${type}; ${fits.join(', ')} would do`,
  );
}

/** Calls `work` with the importance of the part's places in each layer. */
async function eachLayer(
  model: Model,
  options: PruneOptions,
  { calibration, threads, signal, onProgress }: PruneContext,
  { reader }: WidthPart,
  work: (path: string, importance: Float64Array, linears: Linears) => void,
): Promise<void> {
  const { linears } = buildScoringGraph(model, 1);
  const { layers, maxLength } = model.config;
  const by = options.by ?? 'activation';
  const windows = by === 'magnitude' ? [] : windowsFrom(await calibration(), options.calibrationTokens, maxLength);
  const walk = by === 'activation' ? new BlockWalk(model, windows, { threads, signal }) : undefined;
  const within = new RegExp(`\\.\\d+\\.${reader.replaceAll('.', '\\.')}$`);
  const readers = [...linears.keys()].filter((module) => within.test(module));
  const inOut = (name: string) => linears.get(name)!.layout === 'in-out';
  const taylor =
    by === 'taylor' ? await taylorImportance(model, readers, inOut, windows, { threads, signal }) : undefined;
  try {
    let hidden = await walk?.embed();
    for (let l = 0; l < layers; l++) {
      signal?.throwIfAborted();
      const name = readers.find((module) => module.includes(`.${l}.`));
      if (!name) throw new Error(`layer ${l} has no ${reader}`);
      const probed = walk && hidden ? await walk.probe(l, hidden) : undefined;
      hidden = probed?.hidden;
      // Of heads squares are summed.
      const roots = taylor?.get(name)?.map(Math.sqrt);
      const { inputs, outputs, layout } = linears.get(name)!;
      const stored = await readFloats(model.weights.get(`${name}.weight`)!);
      const weight = layout === 'in-out' ? transpose(stored, inputs, outputs) : stored;
      const importance = roots ?? contributions(weight, inputs, probed?.squares.get(name));
      work(name.slice(0, -reader.length), importance, linears);
      onProgress?.(l + 1, layers);
    }
  } finally {
    walk?.dispose();
  }
}

interface Kept {
  readonly places: readonly number[];
  readonly keys: readonly number[];
}

/** @param length how many places there were */
function addCuts(
  cuts: Map<string, readonly Cut[]>,
  { config, weights }: Model,
  linears: Linears,
  path: string,
  { sources, reader }: WidthPart,
  length: number,
  kept: Kept,
): void {
  const keyLength = config.keyValueHeads * config.headDim;
  for (const module of new Set(sources.map((source) => source.module))) {
    const name = `${path}${module}`;
    const weight = weights.get(`${name}.weight`)!;
    const axis = linears.get(name)?.layout === 'in-out' ? 1 : 0;
    const sections = sources
      .filter((source) => source.module === module)
      .map(({ offset, kind }) => ({ offset, length: kind === 'keys' ? keyLength : length, keep: kept[kind] }));
    const keep = keptOutputs(weight.shape[axis], sections);
    cuts.set(`${name}.weight`, [{ axis, keep }]);
    if (weights.has(`${name}.bias`)) cuts.set(`${name}.bias`, [{ axis: 0, keep }]);
  }
  const axis = linears.get(`${path}${reader}`)?.layout === 'in-out' ? 0 : 1;
  cuts.set(`${path}${reader}.weight`, [{ axis, keep: kept.places }]);
}
