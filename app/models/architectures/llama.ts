/**
 * The Llama family (Touvron et al. 2023): pre-norm decoder with RMS norm, rotary positions, grouped-query attention and
 * a gated feed-forward. Llama, SmolLM2, Mistral (also with sliding window) and Qwen2 differ in their configuration only.
 */
import { z } from 'zod';
import { readActivation } from './activation.ts';
import { type DecoderConfig, defineArchitecture } from './architecture.ts';
import type { Activation, LayerKit } from './kit.ts';
import { type Rope, readRope, ropeSchema } from './rope.ts';

interface LlamaConfig extends DecoderConfig {
  readonly intermediate: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly rope: Rope;
  readonly tied: boolean;
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** Sliding window of each layer; undefined: sees everything before. */
  readonly windows: readonly (number | undefined)[];
}

const size = z.number().int().positive();

const schema = ropeSchema.extend({
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
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.number().int().nonnegative().optional(),
  layer_types: z.array(z.string()).optional(),
});

function readWindows(json: z.infer<typeof schema>): (number | undefined)[] {
  const { sliding_window: window, num_hidden_layers: layers } = json;
  const all = Array.from({ length: layers }, (_, l) => l);
  if (!window || json.use_sliding_window === false) return all.map(() => undefined);
  if (json.layer_types) return all.map((l) => (json.layer_types?.[l] === 'sliding_attention' ? window : undefined));
  // Qwen2 slides from max_window_layers on, Mistral everywhere.
  const from = json.model_type === 'qwen2' ? (json.max_window_layers ?? 0) : 0;
  return all.map((l) => (l >= from ? window : undefined));
}

function readConfig(value: unknown): LlamaConfig {
  const json = schema.parse(value);
  const headDim = json.head_dim ?? json.hidden_size / json.num_attention_heads;
  const qwen = json.model_type === 'qwen2';
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
    rope: readRope(json, headDim),
    tied: json.tie_word_embeddings,
    queryKeyValueBias: qwen || json.attention_bias,
    outputBias: !qwen && json.attention_bias,
    mlpBias: json.mlp_bias,
    windows: readWindows(json),
  };
}

export const llama = defineArchitecture<LlamaConfig>({
  name: 'llama',
  modelTypes: ['llama', 'mistral', 'qwen2'],
  readConfig,
  layers(kit, c) {
    let x = kit.embed('model.embed_tokens', c.vocabulary, c.width);
    for (let l = 0; l < c.layers; l++) x = kit.layer(l, x, (input) => block(kit, c, l, input));
    return kit.rmsNorm(x, 'model.norm', { epsilon: c.epsilon, width: c.width });
  },
  head: (c) => ({
    name: c.tied ? 'model.embed_tokens' : 'lm_head',
    vocabulary: c.vocabulary,
    width: c.width,
    tied: c.tied,
  }),
});

function block(kit: LayerKit, c: LlamaConfig, l: number, input: ReturnType<LayerKit['add']>) {
  const path = `model.layers.${l}`;
  const { width, heads, keyValueHeads, headDim, rope } = c;
  const norm = { epsilon: c.epsilon, width };
  const project = (x: typeof input, name: string, outputs: number, bias: boolean) =>
    kit.linear(x, `${path}.${name}`, { inputs: x.shape.at(-1) as number, outputs, bias });

  const h = kit.rmsNorm(input, `${path}.input_layernorm`, norm);
  const q = project(h, 'self_attn.q_proj', heads * headDim, c.queryKeyValueBias);
  const k = project(h, 'self_attn.k_proj', keyValueHeads * headDim, c.queryKeyValueBias);
  const v = project(h, 'self_attn.v_proj', keyValueHeads * headDim, c.queryKeyValueBias);
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads, headDim, rope, window: c.windows[l] });
  const x = kit.add(input, project(mixed, 'self_attn.o_proj', width, c.outputBias));

  const n = kit.rmsNorm(x, `${path}.post_attention_layernorm`, norm);
  const gate = project(n, 'mlp.gate_proj', c.intermediate, c.mlpBias);
  const up = project(n, 'mlp.up_proj', c.intermediate, c.mlpBias);
  return kit.add(x, project(kit.gated(gate, up, c.activation), 'mlp.down_proj', width, c.mlpBias));
}
