/** Marian (Junczys-Dowmunt et al. 2018): post-norm encoder-decoder for translation with sinusoidal positions. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineEncoderDecoder } from './architecture.ts';
import { size } from './decoder-parts.ts';
import type { Activation, AttentionSpec, LayerKit } from './kit.ts';

interface MarianConfig extends DecoderConfig {
  readonly encoderLayers: number;
  readonly encoderHeads: number;
  readonly encoderIntermediate: number;
  readonly intermediate: number;
  readonly activation: Activation;
  readonly scaled: boolean;
}

const schema = z.object({
  vocab_size: size,
  decoder_vocab_size: size.nullish(),
  d_model: size,
  encoder_layers: size,
  decoder_layers: size,
  encoder_attention_heads: size,
  decoder_attention_heads: size,
  encoder_ffn_dim: size,
  decoder_ffn_dim: size,
  max_position_embeddings: size.default(1024),
  activation_function: z.string().default('gelu'),
  scale_embedding: z.boolean().default(false),
  share_encoder_decoder_embeddings: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  normalize_before: z.boolean().default(false),
  decoder_start_token_id: z.number().int().nonnegative(),
});

function readConfig(value: unknown): MarianConfig {
  const json = schema.parse(value);
  if (!json.share_encoder_decoder_embeddings || !json.tie_word_embeddings) {
    throw new UserError('model/unsupported', 'Marian with separate vocabularies is not supported');
  }
  if (json.normalize_before) throw new UserError('model/unsupported', 'Marian with norms before is not supported');
  return {
    vocabulary: json.decoder_vocab_size ?? json.vocab_size,
    width: json.d_model,
    layers: json.decoder_layers,
    heads: json.decoder_attention_heads,
    keyValueHeads: json.decoder_attention_heads,
    headDim: json.d_model / json.decoder_attention_heads,
    maxLength: json.max_position_embeddings,
    encoderLayers: json.encoder_layers,
    encoderHeads: json.encoder_attention_heads,
    encoderIntermediate: json.encoder_ffn_dim,
    intermediate: json.decoder_ffn_dim,
    activation: readActivation(json.activation_function),
    scaled: json.scale_embedding,
    decoderStart: json.decoder_start_token_id,
  };
}

export const marian = defineEncoderDecoder<MarianConfig>({
  name: 'marian',
  modelTypes: ['marian'],
  readConfig,
  encode(kit, c) {
    let x = embed(kit, c);
    for (let l = 0; l < c.encoderLayers; l++) x = kit.layer(l, x, (input) => encoderBlock(kit, c, l, input));
    return x;
  },
  layers(kit, c) {
    let x = embed(kit, c);
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => decoderBlock(kit, c, l, input));
    return x;
  },
  head: (c) => ({
    name: 'model.shared',
    vocabulary: c.vocabulary,
    width: c.width,
    tied: true,
    addedRow: 'final_logits_bias',
  }),
});

function embed(kit: LayerKit, c: MarianConfig): Value {
  const tokens = kit.embed('model.shared', c.vocabulary, c.width);
  const positions = kit.tablePositions(sinusoids(c.maxLength, c.width), c.width);
  return kit.add(kit.scale(tokens, c.scaled ? Math.sqrt(c.width) : 1), positions);
}

/** [positions, width]: all sines, then all cosines (Vaswani et al. 2017, not interleaved). */
function sinusoids(positions: number, width: number): Float32Array {
  const table = new Float32Array(positions * width);
  const sines = Math.ceil(width / 2);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < width; j++) {
      const angle = p / 10000 ** ((2 * Math.floor(j / 2)) / width);
      table[p * width + (j % 2 === 0 ? j / 2 : sines + (j - 1) / 2)] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

const norm = (kit: LayerKit, c: MarianConfig, x: Value, name: string) =>
  kit.layerNorm(x, name, { epsilon: 1e-5, width: c.width, bias: true });

function attend(kit: LayerKit, c: MarianConfig, x: Value, path: string, layer: number, spec: Partial<AttentionSpec>) {
  const heads = spec.bidirectional ? c.encoderHeads : c.heads;
  const square = { inputs: c.width, outputs: c.width, bias: true };
  const project = (from: Value, part: string) => kit.linear(from, `${path}.${part}_proj`, square);
  const other = (part: 'key' | 'value') => {
    const work = (from: Value) => project(from, part[0]);
    return spec.memory ? kit.memory(layer, part, c.width, work) : work(x);
  };
  const q = project(x, 'q');
  const sizes = { layer, heads, keyValueHeads: heads, headDim: c.width / heads };
  return project(kit.attention(q, other('key'), other('value'), { ...sizes, ...spec }), 'out');
}

function feedForward(kit: LayerKit, c: MarianConfig, x: Value, path: string, intermediate: number): Value {
  const wide = kit.linear(x, `${path}.fc1`, { inputs: c.width, outputs: intermediate, bias: true });
  const back = { inputs: intermediate, outputs: c.width, bias: true };
  const fed = kit.linear(kit.activation(wide, c.activation), `${path}.fc2`, back);
  return norm(kit, c, kit.add(x, fed), `${path}.final_layer_norm`);
}

function encoderBlock(kit: LayerKit, c: MarianConfig, l: number, input: Value): Value {
  const path = `model.encoder.layers.${l}`;
  const mixed = attend(kit, c, input, `${path}.self_attn`, l, { bidirectional: true });
  const x = norm(kit, c, kit.add(input, mixed), `${path}.self_attn_layer_norm`);
  return feedForward(kit, c, x, path, c.encoderIntermediate);
}

function decoderBlock(kit: LayerKit, c: MarianConfig, l: number, input: Value): Value {
  const path = `model.decoder.layers.${l}`;
  const mixed = attend(kit, c, input, `${path}.self_attn`, l, {});
  const x = norm(kit, c, kit.add(input, mixed), `${path}.self_attn_layer_norm`);
  const looked = attend(kit, c, x, `${path}.encoder_attn`, l, { memory: true });
  const y = norm(kit, c, kit.add(x, looked), `${path}.encoder_attn_layer_norm`);
  return feedForward(kit, c, y, path, c.intermediate);
}
