/**
 * What most decoders have in common: separate projections of query, key and value, and a gated feed-forward. An
 * architecture's file says what is put around these parts and what is special about it.
 */
import { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import type { DecoderConfig } from './architecture.ts';
import type { Activation, AttentionSpec, Head, LayerKit } from './kit.ts';
import { type Rope, readRope, ropeSchema } from './rope.ts';

export const size = z.number().int().positive();

/** The keys of config.json that this kind of decoder shares, with transformers' defaults. */
export const decoderSchema = ropeSchema.extend({
  model_type: z.string(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

export interface GatedDecoderConfig extends DecoderConfig {
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly rope: Rope;
  readonly tied: boolean;
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
}

export function readDecoder(json: z.infer<typeof decoderSchema>, rope: { theta?: number; share?: number } = {}) {
  const headDim = json.head_dim ?? json.hidden_size / json.num_attention_heads;
  return {
    vocabulary: json.vocab_size,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_key_value_heads ?? json.num_attention_heads,
    headDim,
    maxLength: json.max_position_embeddings,
    intermediate: json.intermediate_size,
    epsilon: json.rms_norm_eps,
    activation: readActivation(json.hidden_act),
    rope: readRope(json, headDim, { ...rope, maxLength: json.max_position_embeddings }),
    tied: json.tie_word_embeddings,
    queryKeyValueBias: json.attention_bias,
    outputBias: json.attention_bias,
    mlpBias: json.mlp_bias,
  } satisfies GatedDecoderConfig;
}

/** The keys that say which layers see only a window. */
export const windowSchema = z.object({
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
});

/**
 * The window of each layer; undefined: sees everything before.
 * @param slides whether a layer slides where `layer_types` does not say
 */
export function readWindows(
  json: z.infer<typeof windowSchema>,
  layers: number,
  slides: (layer: number) => boolean,
): (number | undefined)[] {
  const { sliding_window: window, layer_types: types } = json;
  return Array.from({ length: layers }, (_, l) => {
    if (!window) return undefined;
    return (types ? types[l] === 'sliding_attention' : slides(l)) ? window : undefined;
  });
}

export interface AttendOptions extends Pick<AttentionSpec, 'window' | 'scale' | 'softcap'> {
  /** Absent: the configuration's; null: this layer does not turn. */
  readonly rope?: Rope | null;
  /** What is done to queries and keys before they are turned. */
  readonly norm?: (x: Value, part: 'q' | 'k') => Value;
}

/** Projections of query, key and value, attention, projection back: `<path>.{q,k,v,o}_proj`. */
export function attend(
  kit: LayerKit,
  x: Value,
  path: string,
  layer: number,
  c: Omit<GatedDecoderConfig, 'epsilon' | 'activation' | 'mlpBias'>,
  { rope, norm = (y) => y, ...spec }: AttendOptions = {},
): Value {
  const { width, heads, keyValueHeads, headDim } = c;
  const project = (part: 'q' | 'k' | 'v', count: number) =>
    kit.linear(x, `${path}.${part}_proj`, { inputs: width, outputs: count * headDim, bias: c.queryKeyValueBias });
  const q = norm(project('q', heads), 'q');
  const k = norm(project('k', keyValueHeads), 'k');
  const mixed = kit.attention(q, k, project('v', keyValueHeads), {
    ...spec,
    layer,
    heads,
    keyValueHeads,
    headDim,
    rope: rope === null ? undefined : (rope ?? c.rope),
  });
  return kit.linear(mixed, `${path}.o_proj`, { inputs: heads * headDim, outputs: width, bias: c.outputBias });
}

/** down(activation(gate(x)) * up(x)): `<path>.{gate,up,down}_proj` (Shazeer 2020). */
export function gatedFeedForward(
  kit: LayerKit,
  x: Value,
  path: string,
  c: Pick<GatedDecoderConfig, 'width' | 'intermediate' | 'activation' | 'mlpBias'>,
): Value {
  const wide = { inputs: c.width, outputs: c.intermediate, bias: c.mlpBias };
  const gate = kit.linear(x, `${path}.gate_proj`, wide);
  const up = kit.linear(x, `${path}.up_proj`, wide);
  const back = { inputs: c.intermediate, outputs: c.width, bias: c.mlpBias };
  return kit.linear(kit.gated(gate, up, c.activation), `${path}.down_proj`, back);
}

/** `lm_head`, or the embedding where they are one matrix. */
export const usualHead = (c: { vocabulary: number; width: number; tied: boolean }): Head => ({
  name: c.tied ? 'model.embed_tokens' : 'lm_head',
  vocabulary: c.vocabulary,
  width: c.width,
  tied: c.tied,
});

/** Embedding, one block after the other, final RMS norm, as `model.*`. */
export function stack<C extends GatedDecoderConfig>(
  kit: LayerKit,
  c: C,
  block: (kit: LayerKit, c: C, layer: number, x: Value) => Value,
  embedded: (x: Value) => Value = (x) => x,
): Value {
  let x = embedded(kit.embed('model.embed_tokens', c.vocabulary, c.width));
  for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
  return x;
}
