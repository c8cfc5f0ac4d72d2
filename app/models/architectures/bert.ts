/**
 * BERT (Devlin et al. 2019) and what shares its layers: MiniLM, RoBERTa, XLM-R, CamemBERT. Post-norm encoder with learned
 * positions and token types.
 */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineEncoder } from './architecture.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit } from './kit.ts';

interface BertConfig extends DecoderConfig {
  /** `bert.`, `roberta.`, or nothing where the folder holds the bare encoder. */
  readonly prefix: string;
  readonly roberta: boolean;
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly types: number;
  readonly positionRows: number;
  readonly pooler: boolean;
}

const schema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size.default(512),
  type_vocab_size: size.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.string().default('gelu'),
  pad_token_id: z.number().int().nonnegative().nullish(),
  position_embedding_type: z.string().nullish(),
  is_decoder: z.boolean().default(false),
});

/** The bare encoder's class, whose weights have no prefix. */
export const isBare = (architectures: readonly string[] | null | undefined): boolean =>
  !architectures?.length || /Model$/.test(architectures[0]);

function readConfig(value: unknown): BertConfig {
  const json = schema.parse(value);
  if (json.is_decoder) throw new UserError('model/unsupported', 'BERT as a decoder is not supported');
  if (json.position_embedding_type && json.position_embedding_type !== 'absolute') {
    throw new UserError('model/unsupported', `BERT with positions "${json.position_embedding_type}" is not supported`);
  }
  const roberta = json.model_type !== 'bert';
  const pad = json.pad_token_id ?? 1;
  return {
    prefix: isBare(json.architectures) ? '' : roberta ? 'roberta.' : 'bert.',
    roberta,
    vocabulary: json.vocab_size,
    width: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    keyValueHeads: json.num_attention_heads,
    headDim: json.hidden_size / json.num_attention_heads,
    // RoBERTa counts positions from the row after that of the padding token.
    maxLength: roberta ? json.max_position_embeddings - pad - 1 : json.max_position_embeddings,
    ...(roberta ? { positionsSkip: pad } : {}),
    positionRows: json.max_position_embeddings,
    intermediate: json.intermediate_size,
    epsilon: json.layer_norm_eps,
    activation: readActivation(json.hidden_act),
    types: json.type_vocab_size,
    // Only the bare encoder and BERT's classifier keep the pooler.
    pooler: isBare(json.architectures),
  };
}

export const bert = defineEncoder<BertConfig>({
  name: 'bert',
  modelTypes: ['bert', 'roberta', 'xlm-roberta', 'camembert'],
  readConfig,
  layers(kit, c) {
    const path = `${c.prefix}embeddings`;
    const tokens = kit.embed(`${path}.word_embeddings`, c.vocabulary, c.width);
    const types = kit.embedTokenTypes(`${path}.token_type_embeddings`, c.types, c.width);
    const offset = (c.positionsSkip ?? -1) + 1;
    const positions = kit.embedPositions(`${path}.position_embeddings`, c.positionRows, c.width, offset);
    let x = kit.layerNorm(kit.add(kit.add(tokens, types), positions), `${path}.LayerNorm`, normOf(c));
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return x;
  },
  meanLayer: (c) => ({
    layersKey: 'num_hidden_layers',
    path: `${c.prefix}encoder.layer.${c.layers}.`,
    value: 'attention.self.value',
    output: 'attention.output.dense',
    handsOn: c.roberta ? 'classifier.dense' : `${c.prefix}pooler.dense`,
  }),
  pool: (kit, c, first) => (c.pooler ? poolerOf(kit, c, first) : first),
  classify(kit, c, first, labels) {
    const square = { inputs: c.width, outputs: c.width, bias: true };
    const output = { inputs: c.width, outputs: labels, bias: true };
    if (!c.roberta) return kit.linear(poolerOf(kit, c, first), 'classifier', output);
    const dense = kit.activation(kit.linear(first, 'classifier.dense', square), 'tanh');
    return kit.linear(dense, 'classifier.out_proj', output);
  },
  classifyTokens: (kit, c, hidden, labels) =>
    kit.linear(hidden, 'classifier', { inputs: c.width, outputs: labels, bias: true }),
});

const normOf = (c: BertConfig) => ({ epsilon: c.epsilon, width: c.width, bias: true });

function poolerOf(kit: LayerKit, c: BertConfig, first: Value): Value {
  const square = { inputs: c.width, outputs: c.width, bias: true };
  return kit.activation(kit.linear(first, `${c.prefix}pooler.dense`, square), 'tanh');
}

function block(kit: LayerKit, c: BertConfig, l: number, input: Value): Value {
  const path = `${c.prefix}encoder.layer.${l}`;
  const { width, heads, headDim, intermediate } = c;
  const linear = (x: Value, name: string, inputs: number, outputs: number) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs, bias: true });
  const norm = (x: Value, name: string) => kit.layerNorm(x, `${path}.${name}`, normOf(c));

  const [q, k, v] = ['query', 'key', 'value'].map((part) => linear(input, `attention.self.${part}`, width, width));
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads: heads, headDim, bidirectional: true });
  const attended = linear(mixed, 'attention.output.dense', width, width);
  const x = norm(kit.add(input, attended), 'attention.output.LayerNorm');
  const wide = kit.activation(linear(x, 'intermediate.dense', width, intermediate), c.activation);
  return norm(kit.add(x, linear(wide, 'output.dense', intermediate, width)), 'output.LayerNorm');
}
