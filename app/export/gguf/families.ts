/** What single families say in GGUF beyond what all do, and what of theirs llama.cpp has no word for. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { GgufValue } from '../../models/weights/index.ts';
import { real, whole, yes } from './values.ts';

const schema = z.object({
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window_pattern: z.number().nullish(),
  _sliding_window_pattern: z.number().nullish(),
  query_pre_attn_scalar: z.number().default(256),
  attn_logit_softcapping: z.number().nullish(),
  final_logit_softcapping: z.number().nullish(),
  rope_local_base_freq: z.number().nullish(),
  rope_parameters: z.object({ sliding_attention: z.object({ rope_theta: z.number().optional() }).nullish() }).nullish(),
  use_parallel_residual: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  attention_multiplier: z.number().default(1),
  embedding_multiplier: z.number().default(1),
  residual_multiplier: z.number().default(1),
  logits_scaling: z.number().default(1),
  no_rope_layer_interval: z.number().default(4),
  no_rope_layers: z.array(z.number()).nullish(),
});

/** A context of less is of no use to anybody. */
const SHORTEST = 512;

interface Family {
  readonly model: StoredModel;
  readonly json: z.infer<typeof schema>;
}

type Keys = Record<string, GgufValue>;

function refuse(what: string): never {
  throw new UserError('arguments/incompatible', `llama.cpp knows no ${what}: safetensors and the ONNX targets take it`);
}

/** llama.cpp divides scores by the root of the head's width, in the largest models of the width's share of a head. */
function assertScores({ model: { config }, json }: Family, largest: number): void {
  const expected = config.layers === largest ? config.width / config.heads : config.headDim;
  if (json.query_pre_attn_scalar !== expected) refuse(`scores divided by the root of ${json.query_pre_attn_scalar}`);
}

const caps = ({ json }: Family): Keys => ({
  ...(json.attn_logit_softcapping ? { attn_logit_softcapping: real(json.attn_logit_softcapping) } : {}),
  ...(json.final_logit_softcapping ? { final_logit_softcapping: real(json.final_logit_softcapping) } : {}),
});

function qwen({ json }: Family): Keys {
  if (json.use_sliding_window) refuse('window in Qwen models');
  return {};
}

/** llama.cpp attends to the whole context: so it may be no longer than what the model attends to. */
function withinWindow({ model: { config }, json }: Family): Keys {
  const window = json.sliding_window ?? config.maxLength;
  if (window >= config.maxLength) return {};
  if (window < SHORTEST) refuse(`window of ${window} tokens in this family`);
  return { context_length: whole(window) };
}

/** By `model_type`. */
const FAMILIES: Readonly<Record<string, (family: Family) => Keys>> = {
  mistral: withinWindow,
  qwen2: qwen,
  qwen3: qwen,
  gemma2(family) {
    assertScores(family, 46);
    return { ...caps(family), 'attention.sliding_window': whole(family.json.sliding_window ?? 4096) };
  },
  gemma3_text(family) {
    const { json } = family;
    assertScores(family, 62);
    const pattern = json.sliding_window_pattern ?? json._sliding_window_pattern ?? 6;
    if (pattern !== 6) refuse(`Gemma 3 with every ${pattern}th layer global`);
    if (json.attn_logit_softcapping) refuse('cap on the scores of Gemma 3');
    return {
      ...caps(family),
      'attention.sliding_window': whole(json.sliding_window ?? 4096),
      'rope.freq_base_swa': real(
        json.rope_parameters?.sliding_attention?.rope_theta ?? json.rope_local_base_freq ?? 10_000,
      ),
    };
  },
  phi3: (family) => ({ ...withinWindow(family), 'attention.sliding_window': whole(family.json.sliding_window ?? 0) }),
  gpt_neox({ json }) {
    if (json.attention_bias === false) refuse('GPT-NeoX without biases');
    return { use_parallel_residual: yes(json.use_parallel_residual ?? true) };
  },
  stablelm: ({ json }) => ({ use_parallel_residual: yes(json.use_parallel_residual ?? false) }),
  granite: ({ json }) => ({
    'attention.scale': real(json.attention_multiplier),
    embedding_scale: real(json.embedding_multiplier),
    residual_scale: real(json.residual_multiplier),
    logit_scale: real(json.logits_scaling),
  }),
  smollm3({ model: { config }, json }) {
    const usual = json.no_rope_layers?.every((turns, l) => (turns !== 0) === ((l + 1) % 4 !== 0));
    if (!(usual ?? json.no_rope_layer_interval === 4)) refuse(`SmolLM3 whose ${config.layers} layers turn otherwise`);
    return {};
  },
};

/** @throws UserError arguments/incompatible for what llama.cpp computes otherwise */
export function familyKeys(model: StoredModel): Keys {
  const { configJson } = model;
  return FAMILIES[String(configJson.model_type)]?.({ model, json: schema.parse(configJson) }) ?? {};
}
