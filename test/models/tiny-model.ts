/** Small models with a tokenizer of their own, made on the spot: random weights that no test can know by heart. */
import { join } from 'node:path';
import { initialiseModel } from '../../app/models/initialise.ts';
import { trainBpe } from '../../app/models/tokenizers/train-bpe.ts';

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const TEXT = `Whether I shall turn out to be the hero of my own life, or whether that station will be held by anybody else,
these pages must show. To begin my life with the beginning of my life, I record that I was born on a Friday, at 12 o'clock.
The capital of France is Paris. Once upon a time there was a whale: 1, 2, 3, 4, 5 and so on, déjà vu.`;
const VOCABULARY = 320;

export const CHAT_TEMPLATE =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const common = { vocab_size: VOCABULARY, bos_token_id: 0, eos_token_id: 2, tie_word_embeddings: true };
const llama = {
  ...common,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
};

export const TINY_CONFIGS = {
  llama: { ...llama, model_type: 'llama' },
  deep: { ...llama, model_type: 'llama', num_hidden_layers: 3 },
  untied: { ...llama, model_type: 'llama', tie_word_embeddings: false },
  scaled: { ...llama, model_type: 'llama', rope_scaling: { rope_type: 'linear', factor: 4 } },
  qwen2: { ...llama, model_type: 'qwen2', rms_norm_eps: 1e-6 },
  t5: {
    ...common,
    model_type: 't5',
    is_encoder_decoder: true,
    decoder_start_token_id: 1,
    d_model: 64,
    d_kv: 16,
    d_ff: 128,
    num_heads: 4,
    num_layers: 2,
    num_decoder_layers: 2,
    relative_attention_num_buckets: 8,
    relative_attention_max_distance: 32,
    layer_norm_epsilon: 1e-6,
    feed_forward_proj: 'relu',
  },
  /** Sides of different depth, so that neither can be taken for the other. */
  marian: {
    ...common,
    model_type: 'marian',
    is_encoder_decoder: true,
    decoder_start_token_id: 1,
    pad_token_id: 1,
    d_model: 64,
    encoder_layers: 4,
    decoder_layers: 3,
    encoder_attention_heads: 4,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 96,
    decoder_ffn_dim: 128,
    max_position_embeddings: 128,
    activation_function: 'swish',
    scale_embedding: true,
  },
  gpt2: { ...common, model_type: 'gpt2', n_embd: 64, n_layer: 2, n_head: 4, n_positions: 512, n_inner: 128 },
} as const;

/** Larger than the usual first weights, so that predictions are not all alike. */
export async function makeTinyModel(parent: string, name: keyof typeof TINY_CONFIGS): Promise<string> {
  const folder = join(parent, name);
  const tokenizer = trainBpe([TEXT.repeat(3)], { vocabulary: VOCABULARY, special: SPECIAL });
  await initialiseModel(folder, TINY_CONFIGS[name], {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': {
      bos_token: SPECIAL[0],
      eos_token: SPECIAL[2],
      chat_template: CHAT_TEMPLATE,
      model_max_length: 512,
    },
  });
  return folder;
}
