/**
 * T5 and FLAN-T5 (Raffel et al. 2020): encoder-decoder with learnt biases by distance instead of positions, RMS norms,
 * unscaled scores; version 1.1 has gated feed-forwards and a head of its own.
 */
import { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineEncoderDecoder } from './architecture.ts';
import { size } from './decoder-parts.ts';
import type { Activation, LayerKit, RelativeBias } from './kit.ts';

interface T5Config extends DecoderConfig {
  readonly encoderLayers: number;
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly gated: boolean;
  readonly tied: boolean;
  /** The decoder's result is divided by the root of its width. */
  readonly scaled: boolean;
  readonly buckets: number;
  readonly maxDistance: number;
}

const schema = z.object({
  vocab_size: size,
  d_model: size,
  d_kv: size.default(64),
  d_ff: size,
  num_layers: size,
  num_decoder_layers: size.nullish(),
  num_heads: size,
  n_positions: size.nullish(),
  relative_attention_num_buckets: size.default(32),
  relative_attention_max_distance: size.default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  feed_forward_proj: z.string().default('relu'),
  tie_word_embeddings: z.boolean().default(true),
  scale_decoder_outputs: z.boolean().nullish(),
  decoder_start_token_id: z.number().int().nonnegative().default(0),
});

function readConfig(value: unknown, has: (tensor: string) => boolean = () => false): T5Config {
  const json = schema.parse(value);
  const gated = json.feed_forward_proj.startsWith('gated-');
  const act = json.feed_forward_proj.replace(/^gated-/, '');
  return {
    vocabulary: json.vocab_size,
    width: json.d_model,
    layers: json.num_decoder_layers ?? json.num_layers,
    encoderLayers: json.num_layers,
    heads: json.num_heads,
    keyValueHeads: json.num_heads,
    headDim: json.d_kv,
    maxLength: json.n_positions ?? 512,
    intermediate: json.d_ff,
    epsilon: json.layer_norm_epsilon,
    // T5 1.1's "gated-gelu" is the tanh form.
    activation: readActivation(gated && act === 'gelu' ? 'gelu_new' : act),
    gated,
    // Transformers 5 writes "tied" for all and says by the presence of lm_head which are not.
    tied: json.tie_word_embeddings && !has('lm_head.weight'),
    scaled: json.scale_decoder_outputs ?? json.tie_word_embeddings,
    buckets: json.relative_attention_num_buckets,
    maxDistance: json.relative_attention_max_distance,
    decoderStart: json.decoder_start_token_id,
  };
}

export const t5 = defineEncoderDecoder<T5Config>({
  name: 't5',
  modelTypes: ['t5'],
  readConfig,
  encode(kit, c) {
    let x = kit.embed('shared', c.vocabulary, c.width);
    for (let l = 0; l < c.encoderLayers; l++) x = kit.layer(l, x, (input) => encoderBlock(kit, c, l, input));
    return kit.rmsNorm(x, 'encoder.final_layer_norm', normOf(c));
  },
  layers(kit, c) {
    let x = kit.embed('shared', c.vocabulary, c.width);
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => decoderBlock(kit, c, l, input));
    const normed = kit.rmsNorm(x, 'decoder.final_layer_norm', normOf(c));
    return c.scaled ? kit.scale(normed, c.width ** -0.5) : normed;
  },
  head: (c) => ({ name: c.tied ? 'shared' : 'lm_head', vocabulary: c.vocabulary, width: c.width, tied: c.tied }),
});

const normOf = (c: T5Config) => ({ epsilon: c.epsilon, width: c.width });

function biasOf(c: T5Config, stack: 'encoder' | 'decoder'): RelativeBias {
  const name = `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`;
  return { name, buckets: c.buckets, maxDistance: c.maxDistance };
}

function encoderBlock(kit: LayerKit, c: T5Config, l: number, input: Value): Value {
  const path = `encoder.block.${l}.layer`;
  const x = kit.add(input, selfAttend(kit, c, l, input, `${path}.0`, 'encoder'));
  return kit.add(x, feedForward(kit, c, x, `${path}.1`));
}

function decoderBlock(kit: LayerKit, c: T5Config, l: number, input: Value): Value {
  const path = `decoder.block.${l}.layer`;
  const x = kit.add(input, selfAttend(kit, c, l, input, `${path}.0`, 'decoder'));
  const y = kit.add(x, lookAtMemory(kit, c, l, x, `${path}.1`));
  return kit.add(y, feedForward(kit, c, y, `${path}.2`));
}

function selfAttend(kit: LayerKit, c: T5Config, layer: number, x: Value, path: string, stack: 'encoder' | 'decoder') {
  const inner = c.heads * c.headDim;
  const h = kit.rmsNorm(x, `${path}.layer_norm`, normOf(c));
  const [q, k, v] = ['q', 'k', 'v'].map((part) =>
    kit.linear(h, `${path}.SelfAttention.${part}`, { inputs: c.width, outputs: inner }),
  );
  const mixed = kit.attention(q, k, v, {
    layer,
    heads: c.heads,
    keyValueHeads: c.heads,
    headDim: c.headDim,
    scale: 1,
    bidirectional: stack === 'encoder',
    relativeBias: biasOf(c, stack),
  });
  return kit.linear(mixed, `${path}.SelfAttention.o`, { inputs: inner, outputs: c.width });
}

function lookAtMemory(kit: LayerKit, c: T5Config, layer: number, x: Value, path: string): Value {
  const inner = c.heads * c.headDim;
  const project = (from: Value, part: string) =>
    kit.linear(from, `${path}.EncDecAttention.${part}`, { inputs: c.width, outputs: inner });
  const q = project(kit.rmsNorm(x, `${path}.layer_norm`, normOf(c)), 'q');
  const k = kit.memory(layer, 'key', inner, (hidden) => project(hidden, 'k'));
  const v = kit.memory(layer, 'value', inner, (hidden) => project(hidden, 'v'));
  const sizes = { heads: c.heads, keyValueHeads: c.heads, headDim: c.headDim };
  const mixed = kit.attention(q, k, v, { layer, ...sizes, scale: 1, memory: true });
  return kit.linear(mixed, `${path}.EncDecAttention.o`, { inputs: inner, outputs: c.width });
}

function feedForward(kit: LayerKit, c: T5Config, x: Value, path: string): Value {
  const n = kit.rmsNorm(x, `${path}.layer_norm`, normOf(c));
  const wide = (part: string) =>
    kit.linear(n, `${path}.DenseReluDense.${part}`, { inputs: c.width, outputs: c.intermediate });
  const h = c.gated ? kit.gated(wide('wi_0'), wide('wi_1'), c.activation) : kit.activation(wide('wi'), c.activation);
  return kit.linear(h, `${path}.DenseReluDense.wo`, { inputs: c.intermediate, outputs: c.width });
}
