/** GPT-2 (Radford et al. 2019): pre-norm decoder with layer norm, learned positions and weights stored [in, out]. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineArchitecture } from './architecture.ts';
import type { Activation, LayerKit } from './kit.ts';

interface Gpt2Config extends DecoderConfig {
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly tied: boolean;
  readonly scaled: boolean;
}

const size = z.number().int().positive();

const schema = z.object({
  vocab_size: size,
  n_embd: size,
  n_layer: size,
  n_head: size,
  n_positions: size.default(1024),
  n_inner: size.nullish(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.string().default('gelu_new'),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
});

function readConfig(value: unknown): Gpt2Config {
  const json = schema.parse(value);
  if (json.add_cross_attention) throw new UserError('model/unsupported', 'GPT-2 with cross-attention is not supported');
  if (json.scale_attn_by_inverse_layer_idx) {
    throw new UserError('model/unsupported', 'GPT-2 with scores scaled by layer is not supported');
  }
  return {
    vocabulary: json.vocab_size,
    width: json.n_embd,
    layers: json.n_layer,
    heads: json.n_head,
    keyValueHeads: json.n_head,
    headDim: json.n_embd / json.n_head,
    maxLength: json.n_positions,
    intermediate: json.n_inner ?? 4 * json.n_embd,
    epsilon: json.layer_norm_epsilon,
    activation: readActivation(json.activation_function),
    tied: json.tie_word_embeddings,
    scaled: json.scale_attn_weights,
  };
}

export const gpt2 = defineArchitecture<Gpt2Config>({
  name: 'gpt2',
  modelTypes: ['gpt2'],
  readConfig,
  layers(kit, c) {
    const tokens = kit.embed('transformer.wte', c.vocabulary, c.width);
    let x = kit.add(tokens, kit.embedPositions('transformer.wpe', c.maxLength, c.width));
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return kit.layerNorm(x, 'transformer.ln_f', { epsilon: c.epsilon, width: c.width, bias: true });
  },
  head: (c) => ({
    name: c.tied ? 'transformer.wte' : 'lm_head',
    vocabulary: c.vocabulary,
    width: c.width,
    tied: c.tied,
  }),
  classifyTokens: (kit, c, hidden, labels) =>
    kit.linear(hidden, 'classifier', { inputs: c.width, outputs: labels, bias: true }),
});

function block(kit: LayerKit, c: Gpt2Config, l: number, input: ReturnType<LayerKit['add']>) {
  const path = `transformer.h.${l}`;
  const { width, heads, headDim } = c;
  const norm = { epsilon: c.epsilon, width, bias: true };
  const linear = (x: typeof input, name: string, inputs: number, outputs: number) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias: true, layout: 'in-out' });

  const h = kit.layerNorm(input, `${path}.ln_1`, norm);
  const [q, k, v] = kit.split(linear(h, 'attn.c_attn', width, 3 * width), [width, width, width]);
  const scale = c.scaled ? undefined : 1;
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads: heads, headDim, scale });
  const x = kit.add(input, linear(mixed, 'attn.c_proj', width, width));

  const n = kit.layerNorm(x, `${path}.ln_2`, norm);
  const wide = kit.activation(linear(n, 'mlp.c_fc', width, c.intermediate), c.activation);
  return kit.add(x, linear(wide, 'mlp.c_proj', c.intermediate, width));
}
