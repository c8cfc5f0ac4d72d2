/** GPT-NeoX and Pythia (Black et al. 2022): layer norm, parallel branches, rotary positions on a part of each head. */
import { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineArchitecture } from './architecture.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit } from './kit.ts';
import { type Rope, readRope, ropeSchema } from './rope.ts';

interface GptNeoXConfig extends DecoderConfig {
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly rope: Rope;
  readonly tied: boolean;
  readonly bias: boolean;
  readonly parallel: boolean;
}

const schema = ropeSchema.extend({
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size.default(2048),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: z.string().default('gelu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(true),
  use_parallel_residual: z.boolean().default(true),
  rotary_pct: z.number().positive().nullish(),
  rotary_emb_base: z.number().positive().nullish(),
});

function readConfig(value: unknown): GptNeoXConfig {
  const json = schema.parse(value);
  const headDim = json.hidden_size / json.num_attention_heads;
  return {
    vocabulary: json.vocab_size,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_attention_heads,
    headDim,
    maxLength: json.max_position_embeddings,
    intermediate: json.intermediate_size,
    epsilon: json.layer_norm_eps,
    activation: readActivation(json.hidden_act),
    rope: readRope(json, headDim, {
      theta: json.rotary_emb_base ?? undefined,
      share: json.rotary_pct ?? 0.25,
      maxLength: json.max_position_embeddings,
    }),
    tied: json.tie_word_embeddings,
    bias: json.attention_bias,
    parallel: json.use_parallel_residual,
  };
}

const normOf = (c: GptNeoXConfig) => ({ epsilon: c.epsilon, width: c.width, bias: true });

export const gptNeoX = defineArchitecture<GptNeoXConfig>({
  name: 'gpt_neox',
  modelTypes: ['gpt_neox'],
  readConfig,
  layers(kit, c) {
    let x = kit.embed('gpt_neox.embed_in', c.vocabulary, c.width);
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return kit.layerNorm(x, 'gpt_neox.final_layer_norm', normOf(c));
  },
  head: (c) => ({
    name: c.tied ? 'gpt_neox.embed_in' : 'embed_out',
    vocabulary: c.vocabulary,
    width: c.width,
    tied: c.tied,
  }),
  classifyTokens: (kit, c, hidden, labels) =>
    kit.linear(hidden, 'classifier', { inputs: c.width, outputs: labels, bias: true }),
});

function block(kit: LayerKit, c: GptNeoXConfig, l: number, input: Value): Value {
  const path = `gpt_neox.layers.${l}`;
  const { width, heads, headDim, intermediate, rope } = c;
  const linear = (x: Value, name: string, inputs: number, outputs: number, bias = true) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias });

  const h = kit.layerNorm(input, `${path}.input_layernorm`, normOf(c));
  // The rows of the fused matrix go head by head: query, key, value of the first, then of the second, …
  const fused = linear(h, 'attention.query_key_value', width, 3 * width, c.bias);
  const [q, k, v] = kit.split(fused, [headDim, headDim, headDim], heads);
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads: heads, headDim, rope });
  const x = kit.add(input, linear(mixed, 'attention.dense', width, width, c.bias));

  const n = kit.layerNorm(c.parallel ? input : x, `${path}.post_attention_layernorm`, normOf(c));
  const wide = kit.activation(linear(n, 'mlp.dense_h_to_4h', width, intermediate), c.activation);
  return kit.add(x, linear(wide, 'mlp.dense_4h_to_h', intermediate, width));
}
