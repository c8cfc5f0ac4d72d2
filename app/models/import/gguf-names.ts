/** What llama.cpp calls the tensors of each architecture. */
export interface GgufNames {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Name without `.weight` or `.bias` -> GGUF's; `{l}` is the layer. */
  readonly modules: Readonly<Record<string, string>>;
  /** Query and key rows are stored in llama.cpp's order of rotary pairs. */
  readonly permuted: boolean;
  /** Norm weights are stored with this added. */
  readonly normOffset?: number;
  /** llama.cpp wants a head of its own, also where it is the embedding. */
  readonly ownHead?: boolean;
  /** Rows of the fused query, key and value are stored part by part, where transformers has them head by head. */
  readonly fusedByPart?: boolean;
}

const LLAMA = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  'model.layers.{l}.input_layernorm': 'blk.{l}.attn_norm',
  'model.layers.{l}.self_attn.q_proj': 'blk.{l}.attn_q',
  'model.layers.{l}.self_attn.k_proj': 'blk.{l}.attn_k',
  'model.layers.{l}.self_attn.v_proj': 'blk.{l}.attn_v',
  'model.layers.{l}.self_attn.o_proj': 'blk.{l}.attn_output',
  'model.layers.{l}.post_attention_layernorm': 'blk.{l}.ffn_norm',
  'model.layers.{l}.mlp.gate_proj': 'blk.{l}.ffn_gate',
  'model.layers.{l}.mlp.up_proj': 'blk.{l}.ffn_up',
  'model.layers.{l}.mlp.down_proj': 'blk.{l}.ffn_down',
} as const;

const QUERY_KEY_NORMS = {
  'model.layers.{l}.self_attn.q_norm': 'blk.{l}.attn_q_norm',
  'model.layers.{l}.self_attn.k_norm': 'blk.{l}.attn_k_norm',
} as const;

const NORMS_AFTER = {
  'model.layers.{l}.post_attention_layernorm': 'blk.{l}.post_attention_norm',
  'model.layers.{l}.post_feedforward_layernorm': 'blk.{l}.post_ffw_norm',
} as const;

const GEMMA2 = {
  ...LLAMA,
  ...NORMS_AFTER,
  'model.layers.{l}.pre_feedforward_layernorm': 'blk.{l}.ffn_norm',
} as const;

const PHI3 = {
  ...LLAMA,
  'model.layers.{l}.self_attn.qkv_proj': 'blk.{l}.attn_qkv',
  'model.layers.{l}.mlp.gate_up_proj': 'blk.{l}.ffn_up',
} as const;

const GPT_NEOX = {
  'gpt_neox.embed_in': 'token_embd',
  'gpt_neox.final_layer_norm': 'output_norm',
  embed_out: 'output',
  'gpt_neox.layers.{l}.input_layernorm': 'blk.{l}.attn_norm',
  'gpt_neox.layers.{l}.attention.query_key_value': 'blk.{l}.attn_qkv',
  'gpt_neox.layers.{l}.attention.dense': 'blk.{l}.attn_output',
  'gpt_neox.layers.{l}.post_attention_layernorm': 'blk.{l}.ffn_norm',
  'gpt_neox.layers.{l}.mlp.dense_h_to_4h': 'blk.{l}.ffn_up',
  'gpt_neox.layers.{l}.mlp.dense_4h_to_h': 'blk.{l}.ffn_down',
} as const;

const GPT2 = {
  'transformer.wte': 'token_embd',
  'transformer.wpe': 'position_embd',
  'transformer.ln_f': 'output_norm',
  lm_head: 'output',
  'transformer.h.{l}.ln_1': 'blk.{l}.attn_norm',
  'transformer.h.{l}.attn.c_attn': 'blk.{l}.attn_qkv',
  'transformer.h.{l}.attn.c_proj': 'blk.{l}.attn_output',
  'transformer.h.{l}.ln_2': 'blk.{l}.ffn_norm',
  'transformer.h.{l}.mlp.c_fc': 'blk.{l}.ffn_up',
  'transformer.h.{l}.mlp.c_proj': 'blk.{l}.ffn_down',
} as const;

/** By `model_type` of config.json. */
export const GGUF_NAMES: Readonly<Record<string, GgufNames>> = {
  llama: { architecture: 'llama', modules: LLAMA, permuted: true },
  mistral: { architecture: 'llama', modules: LLAMA, permuted: true },
  qwen2: { architecture: 'qwen2', modules: LLAMA, permuted: false },
  qwen3: { architecture: 'qwen3', modules: { ...LLAMA, ...QUERY_KEY_NORMS }, permuted: false },
  gpt2: { architecture: 'gpt2', modules: GPT2, permuted: false },
  gemma: { architecture: 'gemma', modules: LLAMA, permuted: false, normOffset: 1 },
  gemma2: { architecture: 'gemma2', modules: GEMMA2, permuted: false, normOffset: 1 },
  gemma3_text: {
    architecture: 'gemma3',
    modules: { ...GEMMA2, ...QUERY_KEY_NORMS },
    permuted: false,
    normOffset: 1,
  },
  phi3: { architecture: 'phi3', modules: PHI3, permuted: false },
  gpt_neox: { architecture: 'gptneox', modules: GPT_NEOX, permuted: false, fusedByPart: true, ownHead: true },
  olmo2: {
    architecture: 'olmo2',
    modules: { ...LLAMA, ...QUERY_KEY_NORMS, ...NORMS_AFTER },
    permuted: false,
    ownHead: true,
  },
  granite: { architecture: 'granite', modules: LLAMA, permuted: true },
  stablelm: { architecture: 'stablelm', modules: LLAMA, permuted: false, ownHead: true },
  smollm3: { architecture: 'smollm3', modules: LLAMA, permuted: true },
};

/** The `model_type`s that Lathe writes GGUF files of. */
export const GGUF_WRITTEN: readonly string[] = Object.keys(GGUF_NAMES);

/** The `model_type` of a GGUF file's `general.architecture`, where Lathe reads such files. */
export const modelTypeOf = (architecture: string): string | undefined =>
  Object.hasOwn(GGUF_NAMES, architecture) && GGUF_NAMES[architecture].architecture === architecture
    ? architecture
    : Object.keys(GGUF_NAMES).find((type) => GGUF_NAMES[type].architecture === architecture);

/** From rows part by part (all queries, all keys, all values) to head by head, or back. */
export function regroupFused(values: Float32Array, heads: number, width: number, back: boolean): Float32Array {
  const result = new Float32Array(values.length);
  const rows = values.length / width / heads / 3;
  for (let head = 0; head < heads; head++) {
    for (let part = 0; part < 3; part++) {
      const byPart = (part * heads + head) * rows * width;
      const byHead = (head * 3 + part) * rows * width;
      const [from, to] = back ? [byHead, byPart] : [byPart, byHead];
      result.set(values.subarray(from, from + rows * width), to);
    }
  }
  return result;
}

/** GGUF's name of a weight (`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`), if it has one. */
export function ggufName(names: GgufNames, weight: string): string | undefined {
  const match = /^(.*)\.(weight|bias)$/.exec(weight);
  if (!match) return undefined;
  const [, module, part] = match;
  const layer = /\.(\d+)\./.exec(module)?.[1];
  const pattern = layer === undefined ? module : module.replace(`.${layer}.`, '.{l}.');
  const found = names.modules[pattern];
  return found && `${found.replace('{l}', layer ?? '')}.${part}`;
}

/** The weights of an architecture in a GGUF file, as what transformers calls them; others (rotary factors) are left out. */
export function weightName(names: GgufNames, tensor: string): string | undefined {
  const match = /^(.*)\.(weight|bias)$/.exec(tensor);
  if (!match) return undefined;
  const [, module, part] = match;
  const layer = /^blk\.(\d+)\./.exec(module)?.[1];
  const pattern = layer === undefined ? module : module.replace(`blk.${layer}.`, 'blk.{l}.');
  const found = Object.entries(names.modules).find(([, gguf]) => gguf === pattern);
  return found && `${found[0].replace('{l}', layer ?? '')}.${part}`;
}

/** From "rotate half" (dimension i turns with i + d/2) to llama.cpp's neighbours (2i with 2i + 1), or back, head by head. */
export function permuteRotary(values: Float32Array, heads: number, width: number, back: boolean): Float32Array {
  const result = new Float32Array(values.length);
  const headDim = values.length / width / heads;
  const half = headDim / 2;
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headDim; i++) {
      const halves = (head * headDim + i) * width;
      const neighbours = (head * headDim + (i < half ? 2 * i : 2 * (i - half) + 1)) * width;
      const [from, to] = back ? [neighbours, halves] : [halves, neighbours];
      result.set(values.subarray(from, from + width), to);
    }
  }
  return result;
}

/** GPT-2's linear layers are stored [in, out] in its own folders, [out, in] in GGUF. */
export const isTransposed = (weight: string): boolean => /\.(c_attn|c_proj|c_fc)\.weight$/.test(weight);
