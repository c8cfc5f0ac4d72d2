/** config.json, in transformers' spelling, from the hyperparameters in a GGUF file. */
import { UserError } from '../../contract/errors.ts';
import { ropeTables } from '../architectures/rope.ts';
import type { GgufSource } from '../weights/index.ts';
import { FAMILIES } from './gguf-families.ts';
import type { TokenizerFiles } from './gguf-tokenizer.ts';
import { type Metadata, single } from './gguf-values.ts';

/** transformers' class by `model_type`. */
const CLASSES: Readonly<Record<string, string>> = {
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gemma: 'GemmaForCausalLM',
  gemma2: 'Gemma2ForCausalLM',
  gemma3_text: 'Gemma3ForCausalLM',
  phi3: 'Phi3ForCausalLM',
  gpt_neox: 'GPTNeoXForCausalLM',
  olmo2: 'Olmo2ForCausalLM',
  granite: 'GraniteForCausalLM',
  stablelm: 'StableLmForCausalLM',
  smollm3: 'SmolLM3ForCausalLM',
};

/** @throws UserError weights/corrupt, model/unsupported */
export async function readConfig(
  source: GgufSource,
  metadata: Metadata,
  { architecture, type }: { readonly architecture: string; readonly type: string },
  ids: TokenizerFiles['ids'],
): Promise<Record<string, unknown>> {
  const needed = (key: string) => metadata.needed(`${architecture}.${key}`);
  const vocabulary = source.tensors.get('token_embd.weight')?.shape[0];
  if (vocabulary === undefined) throw new UserError('weights/missing', 'the file has no token_embd.weight');
  const tied = !source.tensors.has('output.weight');
  const tokens = {
    bos_token_id: ids.bos ?? null,
    eos_token_id: ids.eos.length === 1 ? ids.eos[0] : ids.eos.length > 1 ? ids.eos : null,
    pad_token_id: ids.pad ?? null,
    tie_word_embeddings: tied,
    torch_dtype: 'float32',
  };
  const heads = needed('attention.head_count');
  const width = needed('embedding_length');
  if (architecture === 'gpt2') {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      vocab_size: vocabulary,
      n_positions: needed('context_length'),
      n_ctx: needed('context_length'),
      n_embd: width,
      n_layer: needed('block_count'),
      n_head: heads,
      n_inner: needed('feed_forward_length'),
      activation_function: 'gelu_new',
      layer_norm_epsilon: single(needed('attention.layer_norm_epsilon')),
      ...tokens,
    };
  }
  const headDim = metadata.number(`${architecture}.attention.key_length`) ?? width / heads;
  const theta = metadata.number(`${architecture}.rope.freq_base`) ?? 10000;
  return {
    architectures: [CLASSES[type] ?? 'LlamaForCausalLM'],
    model_type: type,
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: needed('feed_forward_length'),
    num_hidden_layers: needed('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.number(`${architecture}.attention.head_count_kv`) ?? heads,
    head_dim: headDim,
    max_position_embeddings: needed('context_length'),
    hidden_act: 'silu',
    ...normEpsilon(metadata, architecture),
    rope_theta: theta,
    rope_scaling: await readScaling(source, metadata, architecture, headDim, theta),
    attention_bias: source.tensors.has('blk.0.attn_q.bias'),
    mlp_bias: source.tensors.has('blk.0.ffn_up.bias'),
    ...tokens,
    ...(FAMILIES[type]?.({ source, metadata, architecture, headDim, theta }) ?? {}),
  };
}

function normEpsilon(metadata: Metadata, architecture: string): Record<string, number> {
  const rms = metadata.number(`${architecture}.attention.layer_norm_rms_epsilon`);
  if (rms !== undefined) return { rms_norm_eps: single(rms) };
  return { layer_norm_eps: single(metadata.needed(`${architecture}.attention.layer_norm_epsilon`)) };
}

async function readScaling(
  source: GgufSource,
  metadata: Metadata,
  architecture: string,
  headDim: number,
  theta: number,
): Promise<object | null> {
  const type = metadata.string(`${architecture}.rope.scaling.type`);
  const factor = metadata.number(`${architecture}.rope.scaling.factor`);
  if (source.tensors.has('rope_freqs.weight'))
    return llama3Scaling(await source.readFloat32('rope_freqs.weight'), headDim, theta);
  if (source.tensors.has('rope_factors_short.weight')) return longRope(source, metadata, architecture);
  if (type === undefined || type === 'none') return null;
  if (type === 'linear' && factor !== undefined) return { rope_type: 'linear', factor };
  throw new UserError('model/unsupported', `rotary scaling "${type}" is not supported`);
}

async function longRope(source: GgufSource, metadata: Metadata, architecture: string): Promise<object> {
  const factors = async (which: string) => [...(await source.readFloat32(`rope_factors_${which}.weight`))].map(single);
  const attention = metadata.number(`${architecture}.rope.scaling.attn_factor`);
  return {
    rope_type: 'longrope',
    short_factor: await factors('short'),
    long_factor: await factors('long'),
    original_max_position_embeddings: metadata.needed(`${architecture}.rope.scaling.original_context_length`),
    ...(attention === undefined ? {} : { attention_factor: single(attention) }),
  };
}

/** What published models were trained on first, then any other power of two that a context may have. */
const LENGTHS = [8192, 4096, 2048, 16384, 32, 64, 128, 256, 512, 1024, 32768, 65536, 131072];

/** Llama 3's scaling is stored as one factor a frequency: find the settings that give them. */
function llama3Scaling(factors: Float32Array, headDim: number, theta: number): object {
  const factor = factors.reduce((most, v) => Math.max(most, v), 1);
  for (const originalLength of LENGTHS) {
    const scaling = { type: 'llama3', factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength } as const;
    const plain = ropeTables({ dims: headDim, theta, scaling: { type: 'default' } }, 2);
    const scaled = ropeTables({ dims: headDim, theta, scaling }, 2);
    const agrees = factors.every((value, i) => {
      const angle = (tables: typeof plain) => Math.atan2(tables.sin[headDim / 2 + i], tables.cos[headDim / 2 + i]);
      return Math.abs(angle(plain) / angle(scaled) / value - 1) < 1e-2;
    });
    if (!agrees) continue;
    return {
      rope_type: 'llama3',
      factor: single(factor),
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: originalLength,
    };
  }
  throw new UserError('model/unsupported', 'the rotary factors of this file follow no scaling that is known');
}
