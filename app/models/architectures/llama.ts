/**
 * The Llama family (Touvron et al. 2023): pre-norm decoder with RMS norm, rotary positions, grouped-query attention and
 * a gated feed-forward. Llama, SmolLM2, Mistral (also with sliding window), Qwen2 and Qwen3 differ in their
 * configuration, Qwen3 also in norms of queries and keys.
 */
import type { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
import { defineArchitecture } from './architecture.ts';
import {
  attend,
  decoderSchema,
  type GatedDecoderConfig,
  gatedFeedForward,
  readDecoder,
  readWindows,
  stack,
  usualHead,
  windowSchema,
} from './decoder-parts.ts';
import type { LayerKit } from './kit.ts';

interface LlamaConfig extends GatedDecoderConfig {
  /** Queries and keys are normalised head by head. */
  readonly queryKeyNorm: boolean;
  readonly windows: readonly (number | undefined)[];
}

const schema = decoderSchema.extend(windowSchema.shape);

function windowsOf(json: z.infer<typeof schema>): (number | undefined)[] {
  // Mistral slides everywhere; Qwen only where asked to, from `max_window_layers` on.
  const qwen = json.model_type !== 'mistral';
  if (qwen && !json.use_sliding_window) return readWindows({}, json.num_hidden_layers, () => false);
  const from = qwen ? (json.max_window_layers ?? 28) : 0;
  return readWindows(json, json.num_hidden_layers, (layer) => layer >= from);
}

function readConfig(value: unknown): LlamaConfig {
  const json = schema.parse(value);
  const qwen2 = json.model_type === 'qwen2';
  return {
    ...readDecoder(json),
    queryKeyValueBias: qwen2 || json.attention_bias,
    outputBias: !qwen2 && json.attention_bias,
    queryKeyNorm: json.model_type === 'qwen3',
    windows: windowsOf(json),
  };
}

export const llama = defineArchitecture<LlamaConfig>({
  name: 'llama',
  modelTypes: ['llama', 'mistral', 'qwen2', 'qwen3'],
  readConfig,
  layers: (kit, c) => kit.rmsNorm(stack(kit, c, block), 'model.norm', { epsilon: c.epsilon, width: c.width }),
  head: usualHead,
});

function block(kit: LayerKit, c: LlamaConfig, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const norm = { epsilon: c.epsilon, width: c.width };
  const headNorm = (x: Value, part: 'q' | 'k') =>
    kit.rmsNorm(x, `${path}.self_attn.${part}_norm`, {
      epsilon: c.epsilon,
      width: c.headDim,
      heads: part === 'q' ? c.heads : c.keyValueHeads,
    });
  const options = { window: c.windows[l], norm: c.queryKeyNorm ? headNorm : undefined };
  const h = kit.rmsNorm(input, `${path}.input_layernorm`, norm);
  const x = kit.add(input, attend(kit, h, `${path}.self_attn`, l, c, options));
  const n = kit.rmsNorm(x, `${path}.post_attention_layernorm`, norm);
  return kit.add(x, gatedFeedForward(kit, n, `${path}.mlp`, c));
}
