/** OPT (Zhang et al. 2022): layer norm, learned positions that begin at row 2, ReLU; one size norms after its branches. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineArchitecture } from './architecture.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit } from './kit.ts';

interface OptConfig extends DecoderConfig {
  readonly intermediate: number;
  readonly activation: Activation;
  readonly tied: boolean;
  readonly bias: boolean;
  readonly normBefore: boolean;
  readonly finalNorm: boolean;
  /** Width of the embeddings, which are projected to the layers' width and back where they differ. */
  readonly embeddingWidth: number;
}

const schema = z.object({
  vocab_size: size,
  hidden_size: size,
  ffn_dim: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size.default(2048),
  activation_function: z.string().default('relu'),
  word_embed_proj_dim: size.nullish(),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  layer_norm_elementwise_affine: z.boolean().default(true),
  enable_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
});

/** Rows of the position table before that of the first position. */
const OFFSET = 2;
const EPSILON = 1e-5;

function readConfig(value: unknown): OptConfig {
  const json = schema.parse(value);
  if (!json.layer_norm_elementwise_affine) {
    throw new UserError('model/unsupported', 'OPT whose norms have no weights is not supported');
  }
  return {
    vocabulary: json.vocab_size,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_attention_heads,
    headDim: json.hidden_size / json.num_attention_heads,
    maxLength: json.max_position_embeddings,
    intermediate: json.ffn_dim,
    activation: readActivation(json.activation_function),
    tied: json.tie_word_embeddings,
    bias: json.enable_bias,
    normBefore: json.do_layer_norm_before,
    finalNorm: json.do_layer_norm_before && !json._remove_final_layer_norm,
    embeddingWidth: json.word_embed_proj_dim ?? json.hidden_size,
  };
}

const normOf = (c: OptConfig) => ({ epsilon: EPSILON, width: c.width, bias: true });

export const opt = defineArchitecture<OptConfig>({
  name: 'opt',
  modelTypes: ['opt'],
  readConfig,
  layers(kit, c) {
    const projected = c.embeddingWidth !== c.width;
    let x = kit.embed('model.decoder.embed_tokens', c.vocabulary, c.embeddingWidth);
    if (projected) x = kit.linear(x, 'model.decoder.project_in', { inputs: c.embeddingWidth, outputs: c.width });
    const positions = kit.embedPositions('model.decoder.embed_positions', c.maxLength + OFFSET, c.width, OFFSET);
    x = kit.add(x, positions);
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    if (c.finalNorm) x = kit.layerNorm(x, 'model.decoder.final_layer_norm', normOf(c));
    if (!projected) return x;
    return kit.linear(x, 'model.decoder.project_out', { inputs: c.width, outputs: c.embeddingWidth });
  },
  head: (c) => ({
    name: c.tied ? 'model.decoder.embed_tokens' : 'lm_head',
    vocabulary: c.vocabulary,
    width: c.embeddingWidth,
    tied: c.tied,
  }),
});

function block(kit: LayerKit, c: OptConfig, l: number, input: Value): Value {
  const path = `model.decoder.layers.${l}`;
  const { width, heads, headDim, intermediate } = c;
  const linear = (x: Value, name: string, inputs: number, outputs: number) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias: c.bias });
  const norm = (x: Value, name: string, here: boolean) => (here ? kit.layerNorm(x, `${path}.${name}`, normOf(c)) : x);

  const h = norm(input, 'self_attn_layer_norm', c.normBefore);
  const [q, k, v] = ['q', 'k', 'v'].map((part) => linear(h, `self_attn.${part}_proj`, width, width));
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads: heads, headDim });
  const added = kit.add(input, linear(mixed, 'self_attn.out_proj', width, width));
  const x = norm(added, 'self_attn_layer_norm', !c.normBefore);

  const n = norm(x, 'final_layer_norm', c.normBefore);
  const wide = kit.activation(linear(n, 'fc1', width, intermediate), c.activation);
  return norm(kit.add(x, linear(wide, 'fc2', intermediate, width)), 'final_layer_norm', !c.normBefore);
}
