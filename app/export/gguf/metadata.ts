/** Hyperparameters under GGUF's names. */
import { z } from 'zod';
import type { StoredModel } from '../../models/stored.ts';
import type { GgufValue } from '../../models/weights/index.ts';
import { familyKeys } from './families.ts';
import { ropeOf, scalingKeys, turns } from './rotary.ts';
import { real, whole } from './values.ts';

const schema = z.object({
  intermediate_size: z.number().optional(),
  n_inner: z.number().nullish(),
  rms_norm_eps: z.number().optional(),
  layer_norm_epsilon: z.number().optional(),
  layer_norm_eps: z.number().optional(),
});

/** Families whose norms subtract the mean. */
const LAYER_NORMS = new Set(['gpt2', 'gptneox', 'stablelm']);

/** @throws UserError arguments/incompatible for what GGUF or llama.cpp cannot say */
export function architectureMetadata(model: StoredModel, architecture: string): Map<string, GgufValue> {
  const { config, configJson } = model;
  const json = schema.parse(configJson);
  const entries: Record<string, GgufValue> = {
    vocab_size: whole(config.vocabulary),
    context_length: whole(config.maxLength),
    embedding_length: whole(config.width),
    block_count: whole(config.layers),
    feed_forward_length: whole(json.intermediate_size ?? json.n_inner ?? 4 * config.width),
    'attention.head_count': whole(config.heads),
    'attention.head_count_kv': whole(config.keyValueHeads),
    ...(LAYER_NORMS.has(architecture)
      ? { 'attention.layer_norm_epsilon': real(json.layer_norm_epsilon ?? json.layer_norm_eps ?? 1e-5) }
      : { 'attention.layer_norm_rms_epsilon': real(json.rms_norm_eps ?? 1e-6) }),
  };
  if (turns(model)) {
    const rope = ropeOf(model);
    entries['attention.key_length'] = whole(config.headDim);
    entries['attention.value_length'] = whole(config.headDim);
    entries['rope.dimension_count'] = whole(rope.dims);
    entries['rope.freq_base'] = real(rope.theta);
    Object.assign(entries, scalingKeys(rope.scaling));
  }
  const all = { ...entries, ...familyKeys(model) };
  return new Map(Object.entries(all).map(([key, value]) => [`${architecture}.${key}`, value]));
}
