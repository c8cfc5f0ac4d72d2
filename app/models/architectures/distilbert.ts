/** DistilBERT (Sanh et al. 2019): BERT's layers without token types and pooler. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineEncoder } from './architecture.ts';
import { isBare } from './bert.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit } from './kit.ts';

interface DistilBertConfig extends DecoderConfig {
  readonly prefix: string;
  readonly intermediate: number;
  readonly activation: Activation;
}

const schema = z.object({
  architectures: z.array(z.string()).nullish(),
  vocab_size: size,
  dim: size,
  hidden_dim: size,
  n_layers: size,
  n_heads: size,
  max_position_embeddings: size.default(512),
  activation: z.string().default('gelu'),
});

export const distilBert = defineEncoder<DistilBertConfig>({
  name: 'distilbert',
  modelTypes: ['distilbert'],
  readConfig(value) {
    const json = schema.parse(value);
    if (json.dim % json.n_heads !== 0) {
      throw new UserError('model/bad-config', `${json.n_heads} heads do not divide a width of ${json.dim}`);
    }
    return {
      prefix: isBare(json.architectures) ? '' : 'distilbert.',
      vocabulary: json.vocab_size,
      width: json.dim,
      layers: json.n_layers,
      heads: json.n_heads,
      keyValueHeads: json.n_heads,
      headDim: json.dim / json.n_heads,
      maxLength: json.max_position_embeddings,
      intermediate: json.hidden_dim,
      activation: readActivation(json.activation),
    };
  },
  layers(kit, c) {
    const path = `${c.prefix}embeddings`;
    const tokens = kit.embed(`${path}.word_embeddings`, c.vocabulary, c.width);
    const positions = kit.embedPositions(`${path}.position_embeddings`, c.maxLength, c.width);
    let x = kit.layerNorm(kit.add(tokens, positions), `${path}.LayerNorm`, normOf(c));
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return x;
  },
  meanLayer: (c) => ({
    layersKey: 'n_layers',
    path: `${c.prefix}transformer.layer.${c.layers}.`,
    value: 'attention.v_lin',
    output: 'attention.out_lin',
  }),
  classify(kit, c, first, labels) {
    const dense = kit.linear(first, 'pre_classifier', { inputs: c.width, outputs: c.width, bias: true });
    const output = { inputs: c.width, outputs: labels, bias: true };
    return kit.linear(kit.activation(dense, 'relu'), 'classifier', output);
  },
  classifyTokens: (kit, c, hidden, labels) =>
    kit.linear(hidden, 'classifier', { inputs: c.width, outputs: labels, bias: true }),
});

const normOf = (c: DistilBertConfig) => ({ epsilon: 1e-12, width: c.width, bias: true });

function block(kit: LayerKit, c: DistilBertConfig, l: number, input: Value): Value {
  const path = `${c.prefix}transformer.layer.${l}`;
  const { width, heads, headDim, intermediate } = c;
  const linear = (x: Value, name: string, inputs: number, outputs: number) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias: true });

  const [q, k, v] = ['q', 'k', 'v'].map((part) => linear(input, `attention.${part}_lin`, width, width));
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads: heads, headDim, bidirectional: true });
  const attended = linear(mixed, 'attention.out_lin', width, width);
  const x = kit.layerNorm(kit.add(input, attended), `${path}.sa_layer_norm`, normOf(c));
  const wide = kit.activation(linear(x, 'ffn.lin1', width, intermediate), c.activation);
  const fed = linear(wide, 'ffn.lin2', intermediate, width);
  return kit.layerNorm(kit.add(x, fed), `${path}.output_layer_norm`, normOf(c));
}
