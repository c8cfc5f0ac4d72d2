/** ModernBERT (Warner et al. 2024): pre-norm encoder with rotary positions, gated feed-forward and local layers. */
import { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineEncoder } from './architecture.ts';
import { isBare } from './bert.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit } from './kit.ts';
import { type Rope, readRope, ropeSchema } from './rope.ts';

interface ModernBertConfig extends DecoderConfig {
  readonly prefix: string;
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly normBias: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly classifierBias: boolean;
  readonly classifierActivation: Activation;
  readonly meanPooled: boolean;
  /** How far a token sees to both sides, by layer; undefined: everything. */
  readonly reach: readonly (number | undefined)[];
  readonly ropes: { readonly local: Rope; readonly global: Rope };
}

const flag = z.boolean().default(false);

const schema = ropeSchema.extend({
  architectures: z.array(z.string()).nullish(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size.default(8192),
  norm_eps: z.number().positive().default(1e-5),
  hidden_activation: z.string().default('gelu'),
  classifier_activation: z.string().default('gelu'),
  classifier_pooling: z.enum(['cls', 'mean']).default('cls'),
  norm_bias: flag,
  attention_bias: flag,
  mlp_bias: flag,
  classifier_bias: flag,
  local_attention: size.default(128),
  layer_types: z.array(z.string()).nullish(),
  global_attn_every_n_layers: size.default(3),
  global_rope_theta: z.number().positive().default(160_000),
  local_rope_theta: z.number().positive().nullish(),
});

function readConfig(value: unknown): ModernBertConfig {
  const json = schema.parse(value);
  const headDim = json.hidden_size / json.num_attention_heads;
  const isLocal = (l: number) =>
    json.layer_types ? json.layer_types[l] === 'sliding_attention' : l % json.global_attn_every_n_layers !== 0;
  const rope = (section: string, theta: number) =>
    readRope(json, headDim, { theta, section: json.rope_parameters?.[section] ?? json.rope_scaling ?? {} });
  return {
    prefix: isBare(json.architectures) ? '' : 'model.',
    vocabulary: json.vocab_size,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_attention_heads,
    headDim,
    maxLength: json.max_position_embeddings,
    intermediate: json.intermediate_size,
    epsilon: json.norm_eps,
    activation: readActivation(json.hidden_activation),
    normBias: json.norm_bias,
    attentionBias: json.attention_bias,
    mlpBias: json.mlp_bias,
    classifierBias: json.classifier_bias,
    classifierActivation: readActivation(json.classifier_activation),
    meanPooled: json.classifier_pooling === 'mean',
    reach: Array.from({ length: json.num_hidden_layers }, (_, l) =>
      isLocal(l) ? Math.floor(json.local_attention / 2) : undefined,
    ),
    ropes: {
      global: rope('full_attention', json.global_rope_theta),
      local: rope(
        'sliding_attention',
        json.local_rope_theta ?? (json.rope_parameters ? 10_000 : json.global_rope_theta),
      ),
    },
  };
}

export const modernBert = defineEncoder<ModernBertConfig>({
  name: 'modernbert',
  modelTypes: ['modernbert'],
  readConfig,
  layers(kit, c) {
    const tokens = kit.embed(`${c.prefix}embeddings.tok_embeddings`, c.vocabulary, c.width);
    let x = kit.layerNorm(tokens, `${c.prefix}embeddings.norm`, normOf(c));
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return kit.layerNorm(x, `${c.prefix}final_norm`, normOf(c));
  },
  pooling: (c) => (c.meanPooled ? 'mean' : 'first'),
  classify,
  classifyTokens: classify,
});

const normOf = (c: ModernBertConfig) => ({ epsilon: c.epsilon, width: c.width, bias: c.normBias });

function classify(kit: LayerKit, c: ModernBertConfig, pooled: Value, labels: number): Value {
  const dense = kit.linear(pooled, 'head.dense', { inputs: c.width, outputs: c.width, bias: c.classifierBias });
  const normed = kit.layerNorm(kit.activation(dense, c.classifierActivation), 'head.norm', normOf(c));
  return kit.linear(normed, 'classifier', { inputs: c.width, outputs: labels, bias: true });
}

function block(kit: LayerKit, c: ModernBertConfig, l: number, input: Value): Value {
  const path = `${c.prefix}layers.${l}`;
  const { width, heads, headDim, intermediate } = c;
  const linear = (x: Value, name: string, inputs: number, outputs: number, bias: boolean) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias });

  // The embedding is normed already: the first layer has no norm of its own.
  const h = l === 0 ? input : kit.layerNorm(input, `${path}.attn_norm`, normOf(c));
  const [q, k, v] = kit.split(linear(h, 'attn.Wqkv', width, 3 * width, c.attentionBias), [width, width, width]);
  const window = c.reach[l];
  const rope = window === undefined ? c.ropes.global : c.ropes.local;
  const spec = { layer: l, heads, keyValueHeads: heads, headDim, rope, window, bidirectional: true };
  const x = kit.add(input, linear(kit.attention(q, k, v, spec), 'attn.Wo', width, width, c.attentionBias));

  const n = kit.layerNorm(x, `${path}.mlp_norm`, normOf(c));
  const [gate, up] = kit.split(linear(n, 'mlp.Wi', width, 2 * intermediate, c.mlpBias), [intermediate, intermediate]);
  return kit.add(x, linear(kit.gated(gate, up, c.activation), 'mlp.Wo', intermediate, width, c.mlpBias));
}
