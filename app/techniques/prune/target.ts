/** How much must go for a model to have so many parameters, or so many bytes. */
import { UserError } from '../../contract/errors.ts';
import { bytesOfSize } from '../../files/byte-size.ts';
import { describe } from '../../models/architectures/index.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import { withLayers } from '../../models/keep-layers.ts';
import type { Model } from '../../models/model.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { channelAxes } from './channel-axes.ts';
import { channelUnit } from './cut-channels.ts';
import { isUnstructured, type PruneOptions } from './schema.ts';
import { attentionOf, feedForwardOf } from './width-parts.ts';

/** What can go, and what config.json then says. */
export interface Removable {
  readonly total: number;
  /** How many go together. */
  readonly unit: number;
  config(count: number): Readonly<Record<string, unknown>>;
}

/**
 * @returns the options with the smallest amount that reaches the target; unchanged without one
 * @throws UserError arguments/incompatible, arguments/invalid, prune/too-much, model/unsupported
 */
export function aimed(model: Model, options: PruneOptions): PruneOptions {
  const { targetParameters, targetSize, amount } = options;
  if (targetParameters === undefined && targetSize === undefined) return options;
  if (amount !== undefined || options.layers || (targetParameters !== undefined && targetSize !== undefined)) {
    throw new UserError(
      'arguments/incompatible',
      'give one of --amount, --layers, --target-parameters and --target-size',
    );
  }
  const most = targetParameters ?? bytesOfSize(targetSize!) / bytesPerParameter(model);
  const { parameters } = model;
  if (most >= parameters) {
    throw new UserError('arguments/invalid', `the model is smaller than the target already: ${parameters} parameters`);
  }
  const { total, unit, config } = removable(model, options);
  const reaches = (units: number) => parametersOf(model, config(units * unit)) <= most;
  let [low, high] = [0, Math.ceil(total / unit) - 1];
  if (high < 1 || !reaches(high)) {
    const least = parametersOf(model, config(high * unit));
    throw new UserError('prune/too-much', `by ${options.method} no fewer than ${least} parameters can be left`);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return { ...options, amount: high * unit };
}

export function removable(model: Model, { method, part }: PruneOptions): Removable {
  const { config, configJson } = model;
  const { layers, heads, keyValueHeads, headDim, vocabulary } = config;
  if (isUnstructured(method)) {
    throw new UserError('arguments/incompatible', `${method} leaves a model as large as it is: give an --amount`);
  }
  if (method === 'depth') {
    const keep = (count: number) => Array.from({ length: layers - count }, (_, l) => l);
    return { total: layers, unit: 1, config: (count) => withLayers(configJson, config, keep(count)) };
  }
  if (method === 'vocabulary') {
    return { total: vocabulary, unit: 1, config: (count) => ({ ...configJson, vocab_size: vocabulary - count }) };
  }
  if (part === 'neurons') {
    const { key, size } = feedForwardOf(model);
    return { total: size, unit: 1, config: (count) => ({ ...configJson, [key]: size - count }) };
  }
  if (part === 'channels') {
    channelAxes(model);
    const left = (count: number) => ({ ...configJson, hidden_size: config.width - count, head_dim: headDim });
    return { total: config.width, unit: channelUnit(model), config: left };
  }
  attentionOf(model);
  const group = heads / keyValueHeads;
  const whole = part === 'groups' || group === 1;
  const left = (query: number, keys: number) => ({
    ...configJson,
    num_attention_heads: query,
    num_key_value_heads: keys,
    head_dim: headDim,
  });
  return whole
    ? { total: keyValueHeads, unit: 1, config: (count) => left(heads - count * group, keyValueHeads - count) }
    : { total: heads, unit: keyValueHeads, config: (count) => left(heads - count, keyValueHeads) };
}

export function parametersOf(model: Model, config: Readonly<Record<string, unknown>>): number {
  const { weights } = buildScoringGraph(
    describe(config, (name) => model.weights.has(name)),
    1,
  );
  return weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function bytesPerParameter({ weights, weightSpecs, parameters }: Model): number {
  const bytes = weightSpecs.reduce((sum, { name, shape }) => {
    return sum + sizeOf(shape) * (weights.get(name)?.dtype === 'float32' ? 4 : 2);
  }, 0);
  return bytes / parameters;
}
