/** Width of the hidden states: the channels that matter least to whatever reads them go, the same ones in every layer. */
import { UserError } from '../../contract/errors.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { countOf } from './amount.ts';
import { BlockWalk, type Hidden, windowsFrom } from './block-walk.ts';
import { type ChannelAxes, channelAxes } from './channel-axes.ts';
import type { PruneContext, Pruning } from './pruning.ts';
import type { PruneOptions } from './schema.ts';
import { type Cut, largest } from './select.ts';
import { taylorImportance } from './taylor.ts';
import { contributions } from './width.ts';

/** Other programs want the width to be a multiple of the number of heads, as it usually is. */
export const channelUnit = ({ config: { width, heads } }: Model): number => (width % heads === 0 ? heads : 1);

/** @throws UserError prune/too-much, prune/does-not-divide, arguments/invalid */
export function channelCount(model: Model, amount = 0.1): number {
  const { width } = model.config;
  const unit = channelUnit(model);
  if (amount < 1) return unit * countOf(Math.max(1, Math.round((amount * width) / unit)), width / unit, 'parts');
  const count = countOf(amount, width, 'channels', width - unit);
  if (count % unit === 0) return count;
  throw new UserError(
    'prune/does-not-divide',
    `${count} of ${width} channels cannot go: what is left must be a multiple of the ${unit} heads`,
  );
}

/** Gemma multiplies embeddings by the root of the width, which changes: the embeddings make up for it. */
const embeddingFactor = ({ architecture, config }: Model, left: number): number =>
  architecture.name === 'gemma' ? Math.sqrt(config.width / left) : 1;

export const cutChannels: Pruning = async (model, options, context) => {
  const axes = channelAxes(model);
  const { width, headDim } = model.config;
  const count = channelCount(model, options.amount);
  const left = width - count;
  const seen = await lookAt(model, axes, options, context);
  const keep = largest(seen.importance, left);
  const cuts = new Map<string, readonly Cut[]>([...axes.weights].map(([name, axis]) => [name, [{ axis, keep }]]));
  const change = new Map<string, (values: Float32Array) => Float32Array>();
  const embedding = embeddingFactor(model, left);
  const head = model.architecture.head(model.config);
  const table = [...axes.weights].find(([name, axis]) => axis === 1 && /embed/.test(name))?.[0];
  if (embedding !== 1 && table) change.set(table, (values) => values.map((v) => v * embedding));
  for (const { name, offset } of axes.norms) {
    // x / rms over fewer channels is smaller by this, wherever those that went held their share of the energy.
    const gain = Math.sqrt((width / left) * keptEnergy(seen.energies.get(name), keep));
    const factor = name === axes.last && head.tied ? gain / embedding : gain;
    change.set(`${name}.weight`, (values) => values.map((v) => (v + offset) * factor - offset));
  }
  const config = {
    ...model.configJson,
    hidden_size: left,
    head_dim: headDim,
    rms_norm_eps: (Number(model.configJson.rms_norm_eps ?? 1e-6) * width) / left,
  };
  return { config, cuts, change, removed: { channels: count, of: width } };
};

/** Share of the squares in the channels that stay; 1 of a norm whose input was not seen. */
function keptEnergy(energy: Float64Array | undefined, keep: readonly number[]): number {
  if (!energy) return 1;
  const all = energy.reduce((sum, v) => sum + v, 0);
  return all > 0 ? keep.reduce((sum, i) => sum + energy[i], 0) / all : 1;
}

interface Seen {
  /** Of each channel: its share of what all that read it get from it, summed. */
  readonly importance: Float64Array;
  /** Norm -> squares of its input, each token's as shares of its own mean. */
  readonly energies: ReadonlyMap<string, Float64Array>;
}

async function lookAt(
  model: Model,
  axes: ChannelAxes,
  options: PruneOptions,
  { calibration, threads, signal, onProgress }: PruneContext,
): Promise<Seen> {
  const { layers, maxLength, width } = model.config;
  const by = options.by ?? 'activation';
  const { linears } = buildScoringGraph(model, 1);
  const inOut = (module: string) => linears.get(module)!.layout === 'in-out';
  const importance = new Float64Array(width);
  const addShares = (values: Float64Array) => {
    const all = values.reduce((sum, v) => sum + v, 0) || 1;
    values.forEach((v, i) => {
      importance[i] += v / all;
    });
  };
  const columns = async (name: string, squares?: ArrayLike<number>, flip = false) => {
    const { shape } = model.weights.get(name)!;
    const stored = await readFloats(model.weights.get(name)!);
    addShares(contributions(flip ? transpose(stored, shape[0], shape[1]) : stored, width, squares).map((v) => v * v));
  };
  const energies = new Map<string, Float64Array>();
  const squaresOf = new Map<string, Float64Array>();
  if (by !== 'magnitude') {
    const windows = windowsFrom(await calibration(), options.calibrationTokens, maxLength);
    const walk = new BlockWalk(model, windows, { threads, signal });
    try {
      let hidden = await walk.embed();
      for (let l = 0; l < layers; l++) {
        const probed = await walk.probe(l, hidden);
        for (const [module, squares] of probed.squares) squaresOf.set(module, squares);
        hidden = probed.hidden;
        onProgress?.(l + 1, layers);
      }
      if (axes.last) energies.set(axes.last, energyOf(hidden, width));
    } finally {
      walk.dispose();
    }
    for (const { module, norm } of axes.readers) {
      const squares = squaresOf.get(module);
      if (norm === undefined || squares === undefined || energies.has(norm)) continue;
      const weight = await normWeight(model, axes, norm);
      energies.set(
        norm,
        squares.map((v, i) => v / (weight[i] ** 2 || 1)),
      );
    }
    if (by === 'taylor') {
      const modules = axes.readers.map(({ module }) => module);
      for (const sums of (await taylorImportance(model, modules, inOut, windows, { threads, signal })).values())
        addShares(sums);
      return { importance, energies };
    }
  }
  for (const { module } of axes.readers) await columns(`${module}.weight`, squaresOf.get(module), inOut(module));
  const { name: head } = model.architecture.head(model.config);
  const weight = axes.last === undefined ? undefined : await normWeight(model, axes, axes.last);
  await columns(`${head}.weight`, weight && energies.get(axes.last!)?.map((v, i) => v * weight[i] ** 2));
  return { importance, energies };
}

/** What a norm multiplies by. */
async function normWeight(model: Model, { norms }: ChannelAxes, name: string): Promise<Float32Array> {
  const offset = norms.find((norm) => norm.name === name)?.offset ?? 0;
  return (await readFloats(model.weights.get(`${name}.weight`)!)).map((v) => v + offset);
}

/** Squares of each channel, every token's divided by their mean. */
function energyOf(hidden: Hidden, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (const { data } of hidden) {
    const x = data as Float32Array;
    for (let at = 0; at < x.length; at += width) {
      let mean = 1e-30;
      for (let i = 0; i < width; i++) mean += x[at + i] ** 2 / width;
      for (let i = 0; i < width; i++) sums[i] += x[at + i] ** 2 / mean;
    }
  }
  return sums;
}
