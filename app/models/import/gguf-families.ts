/** What the configurations of single families hold beyond what all have, from their hyperparameters in a GGUF file. */
import type { GgufSource } from '../weights/index.ts';
import { type Metadata, single } from './gguf-values.ts';

interface Family {
  readonly source: GgufSource;
  readonly metadata: Metadata;
  readonly architecture: string;
  readonly headDim: number;
  readonly theta: number;
}

type Extras = Record<string, unknown>;

const optional = (value: number | undefined): number | null => (value === undefined ? null : single(value));

/** llama.cpp scales scores by the head's width, but for the largest models, by the width's share of a head. */
function scoreScalar({ metadata, architecture, headDim }: Family, largest: number): number {
  if (metadata.needed(`${architecture}.block_count`) !== largest) return headDim;
  return metadata.needed(`${architecture}.embedding_length`) / metadata.needed(`${architecture}.attention.head_count`);
}

function gemma(family: Family): Extras {
  return { hidden_act: 'gelu_pytorch_tanh', hidden_activation: 'gelu_pytorch_tanh', head_dim: family.headDim };
}

function gemma2(family: Family): Extras {
  const { metadata, architecture } = family;
  return {
    ...gemma(family),
    query_pre_attn_scalar: scoreScalar(family, 46),
    attn_logit_softcapping: optional(metadata.number(`${architecture}.attn_logit_softcapping`)),
    final_logit_softcapping: optional(metadata.number(`${architecture}.final_logit_softcapping`)),
    sliding_window: metadata.number(`${architecture}.attention.sliding_window`) ?? 4096,
  };
}

function gemma3(family: Family): Extras {
  const { metadata, architecture } = family;
  return {
    ...gemma(family),
    query_pre_attn_scalar: scoreScalar(family, 62),
    final_logit_softcapping: optional(metadata.number(`${architecture}.final_logit_softcapping`)),
    sliding_window: metadata.needed(`${architecture}.attention.sliding_window`),
    sliding_window_pattern: 6,
    rope_theta: metadata.number(`${architecture}.rope.freq_base`) ?? 1_000_000,
    rope_local_base_freq: metadata.number(`${architecture}.rope.freq_base_swa`) ?? 10_000,
  };
}

function partialRotary({ metadata, architecture, headDim }: Family): number {
  return (metadata.number(`${architecture}.rope.dimension_count`) ?? headDim) / headDim;
}

/** By `model_type`. */
export const FAMILIES: Readonly<Record<string, (family: Family) => Extras>> = {
  gemma,
  gemma2,
  gemma3_text: gemma3,
  gpt_neox: (family) => ({
    hidden_act: 'gelu',
    rotary_pct: partialRotary(family),
    rotary_emb_base: family.theta,
    attention_bias: family.source.tensors.has('blk.0.attn_qkv.bias'),
    use_parallel_residual: family.metadata.boolean(`${family.architecture}.use_parallel_residual`) ?? true,
  }),
  stablelm: (family) => ({
    partial_rotary_factor: partialRotary(family),
    use_qkv_bias: family.source.tensors.has('blk.0.attn_q.bias'),
    use_parallel_residual: !family.source.tensors.has('blk.0.ffn_norm.weight'),
    qk_layernorm: family.source.tensors.has('blk.0.attn_q_norm.weight'),
  }),
  phi3: ({ metadata, architecture }) => ({
    sliding_window: metadata.number(`${architecture}.attention.sliding_window`) || null,
  }),
  granite: ({ metadata, architecture }) => ({
    embedding_multiplier: single(metadata.number(`${architecture}.embedding_scale`) ?? 1),
    residual_multiplier: single(metadata.number(`${architecture}.residual_scale`) ?? 1),
    attention_multiplier: single(metadata.needed(`${architecture}.attention.scale`)),
    logits_scaling: single(metadata.number(`${architecture}.logit_scale`) ?? 1),
  }),
  smollm3: () => ({ no_rope_layer_interval: 4 }),
};
