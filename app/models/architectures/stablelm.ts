/** StableLM (Stability AI 2023): layer norm, rotary positions on a part of each head, a gated feed-forward. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { defineArchitecture } from './architecture.ts';
import {
  attend,
  decoderSchema,
  type GatedDecoderConfig,
  gatedFeedForward,
  readDecoder,
  stack,
  usualHead,
} from './decoder-parts.ts';
import type { LayerKit } from './kit.ts';

interface StableLmConfig extends GatedDecoderConfig {
  /** Attention and feed-forward read the same normed input, and both are added to the residual. */
  readonly parallel: boolean;
}

const schema = decoderSchema.extend({
  layer_norm_eps: z.number().positive().default(1e-5),
  use_qkv_bias: z.boolean().default(false),
  use_parallel_residual: z.boolean().default(false),
  qk_layernorm: z.boolean().default(false),
});

function readConfig(value: unknown): StableLmConfig {
  const json = schema.parse(value);
  if (json.qk_layernorm) {
    throw new UserError('model/unsupported', 'StableLM with a norm of its own for each head is not supported');
  }
  return {
    ...readDecoder(json, { share: 0.25 }),
    epsilon: json.layer_norm_eps,
    queryKeyValueBias: json.use_qkv_bias,
    outputBias: false,
    mlpBias: false,
    parallel: json.use_parallel_residual,
  };
}

export const stableLm = defineArchitecture<StableLmConfig>({
  name: 'stablelm',
  modelTypes: ['stablelm', 'stablelm_epoch'],
  readConfig,
  layers: (kit, c) => kit.layerNorm(stack(kit, c, block), 'model.norm', normOf(c)),
  head: usualHead,
});

const normOf = (c: StableLmConfig) => ({ epsilon: c.epsilon, width: c.width, bias: true });

function block(kit: LayerKit, c: StableLmConfig, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const h = kit.layerNorm(input, `${path}.input_layernorm`, normOf(c));
  const x = kit.add(input, attend(kit, h, `${path}.self_attn`, l, c));
  const n = c.parallel ? h : kit.layerNorm(x, `${path}.post_attention_layernorm`, normOf(c));
  return kit.add(x, gatedFeedForward(kit, n, `${path}.mlp`, c));
}
