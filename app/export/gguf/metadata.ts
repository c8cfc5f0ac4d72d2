/** Hyperparameters under GGUF's names. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { readRope, ropeSchema } from '../../models/architectures/rope.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { GgufValue } from '../../models/weights/index.ts';

const schema = ropeSchema.extend({
  intermediate_size: z.number().optional(),
  n_inner: z.number().nullish(),
  rms_norm_eps: z.number().optional(),
  layer_norm_epsilon: z.number().optional(),
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().optional(),
});

const whole = (value: number): GgufValue => ({ type: 'uint32', value });
const real = (value: number): GgufValue => ({ type: 'float32', value });

/** @throws UserError arguments/incompatible for what GGUF cannot say */
export function architectureMetadata(
  { config, configJson }: StoredModel,
  architecture: string,
): Map<string, GgufValue> {
  const json = schema.parse(configJson);
  const entries: Record<string, GgufValue> = {
    vocab_size: whole(config.vocabulary),
    context_length: whole(config.maxLength),
    embedding_length: whole(config.width),
    block_count: whole(config.layers),
    feed_forward_length: whole(json.intermediate_size ?? json.n_inner ?? 4 * config.width),
    'attention.head_count': whole(config.heads),
    'attention.head_count_kv': whole(config.keyValueHeads),
  };
  if (architecture === 'gpt2') {
    entries['attention.layer_norm_epsilon'] = real(json.layer_norm_epsilon ?? 1e-5);
  } else {
    const rope = readRope(json, config.headDim);
    entries['attention.layer_norm_rms_epsilon'] = real(json.rms_norm_eps ?? 1e-6);
    entries['attention.key_length'] = whole(config.headDim);
    entries['attention.value_length'] = whole(config.headDim);
    entries['rope.dimension_count'] = whole(rope.dims);
    entries['rope.freq_base'] = real(rope.theta);
    if (rope.scaling.type === 'linear') {
      entries['rope.scaling.type'] = { type: 'string', value: 'linear' };
      entries['rope.scaling.factor'] = real(rope.scaling.factor);
    } else if (rope.scaling.type !== 'default') {
      throw new UserError('arguments/incompatible', `no GGUF export for ${rope.scaling.type} rotary scaling yet`);
    }
  }
  return new Map(Object.entries(entries).map(([key, value]) => [`${architecture}.${key}`, value]));
}
