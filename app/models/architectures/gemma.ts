/**
 * Gemma 1, 2 and 3, text (Google 2024 and 2025): scaled embeddings, norms that multiply by one plus their weight,
 * tanh-GELU gates. Gemma 2 adds norms after each branch, caps on scores and logits, and local layers; Gemma 3 has norms
 * of queries and keys instead of caps and another rotary base for local layers.
 */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Value } from '../../tensor/graph.ts';
import { readActivation } from './activation.ts';
import { defineArchitecture } from './architecture.ts';
import {
  attend,
  decoderSchema,
  type GatedDecoderConfig,
  gatedFeedForward,
  readDecoder,
  readWindows,
  stack,
  usualHead,
  windowSchema,
} from './decoder-parts.ts';
import type { LayerKit } from './kit.ts';
import { type Rope, readRope } from './rope.ts';

interface GemmaConfig extends GatedDecoderConfig {
  /** Also norms after attention and feed-forward (from Gemma 2 on). */
  readonly sandwich: boolean;
  readonly queryKeyNorm: boolean;
  readonly scoreFactor: number | undefined;
  readonly scoreCap: number | undefined;
  readonly logitCap: number | undefined;
  readonly windows: readonly (number | undefined)[];
  readonly ropes: readonly Rope[];
}

const schema = decoderSchema.extend(windowSchema.shape).extend({
  head_dim: z.number().int().positive().default(256),
  max_position_embeddings: z.number().int().positive().default(8192),
  hidden_act: z.string().default('gelu_pytorch_tanh'),
  hidden_activation: z.string().nullish(),
  tie_word_embeddings: z.boolean().default(true),
  query_pre_attn_scalar: z.number().positive().default(256),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  sliding_window_pattern: z.number().int().positive().nullish(),
  _sliding_window_pattern: z.number().int().positive().nullish(),
  rope_local_base_freq: z.number().positive().nullish(),
  use_bidirectional_attention: z.boolean().nullish(),
});

function readConfig(value: unknown): GemmaConfig {
  const json = schema.parse(value);
  if (json.use_bidirectional_attention) {
    throw new UserError('model/unsupported', 'Gemma that attends in both directions is not supported');
  }
  const first = json.model_type === 'gemma';
  const third = json.model_type === 'gemma3_text';
  const pattern = third ? (json.sliding_window_pattern ?? json._sliding_window_pattern ?? 6) : 2;
  const windowed = first ? {} : { ...json, sliding_window: json.sliding_window ?? 4096 };
  const windows = readWindows(windowed, json.num_hidden_layers, (l) => (l + 1) % pattern !== 0);
  const ropes = third ? readLayerRopes(json) : undefined;
  const base = readDecoder(ropes ? { ...json, rope_parameters: null, rope_scaling: null } : json);
  // Early configurations of the first Gemma say "gelu" and mean the tanh form.
  const act = json.hidden_activation ?? (json.hidden_act === 'gelu' ? 'gelu_pytorch_tanh' : json.hidden_act);
  return {
    ...base,
    activation: readActivation(act),
    mlpBias: false,
    sandwich: !first,
    queryKeyNorm: third,
    scoreFactor: first ? undefined : json.query_pre_attn_scalar ** -0.5,
    scoreCap: first ? undefined : (json.attn_logit_softcapping ?? undefined),
    logitCap: first ? undefined : (json.final_logit_softcapping ?? undefined),
    windows,
    ropes: windows.map((window) => (ropes ? ropes[window === undefined ? 'global' : 'local'] : base.rope)),
  };
}

/** Transformers 5 has a section for each kind of layer; before, scaling and base were those of the global layers. */
function readLayerRopes(json: z.infer<typeof schema>): { local: Rope; global: Rope } {
  const sections = json.rope_parameters ?? {};
  const section = (name: string) => (sections[name] ?? {}) as object;
  const global = { ...(json.rope_scaling ?? {}), ...section('full_attention') };
  const plain = { rope_theta: undefined };
  return {
    global: readRope(json, json.head_dim, { theta: 1_000_000, section: global }),
    local: readRope({ ...json, ...plain }, json.head_dim, {
      theta: json.rope_local_base_freq ?? 10_000,
      section: section('sliding_attention'),
    }),
  };
}

export const gemma = defineArchitecture<GemmaConfig>({
  name: 'gemma',
  modelTypes: ['gemma', 'gemma2', 'gemma3_text'],
  readConfig,
  layers(kit, c) {
    const x = stack(kit, c, block, (embedded) => kit.scale(embedded, Math.sqrt(c.width)));
    return kit.rmsNorm(x, 'model.norm', normOf(c));
  },
  head: (c) => ({ ...usualHead(c), softcap: c.logitCap }),
});

const normOf = (c: GemmaConfig) => ({ epsilon: c.epsilon, width: c.width, offset: 1 });

function block(kit: LayerKit, c: GemmaConfig, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const norm = (x: Value, name: string) => kit.rmsNorm(x, `${path}.${name}`, normOf(c));
  const headNorm = (x: Value, part: 'q' | 'k') =>
    kit.rmsNorm(x, `${path}.self_attn.${part}_norm`, {
      ...normOf(c),
      width: c.headDim,
      heads: part === 'q' ? c.heads : c.keyValueHeads,
    });
  const mixed = attend(kit, norm(input, 'input_layernorm'), `${path}.self_attn`, l, c, {
    rope: c.ropes[l],
    window: c.windows[l],
    scale: c.scoreFactor,
    softcap: c.scoreCap,
    norm: c.queryKeyNorm ? headNorm : undefined,
  });
  if (!c.sandwich) {
    const x = kit.add(input, mixed);
    return kit.add(x, gatedFeedForward(kit, norm(x, 'post_attention_layernorm'), `${path}.mlp`, c));
  }
  const x = kit.add(input, norm(mixed, 'post_attention_layernorm'));
  const fed = gatedFeedForward(kit, norm(x, 'pre_feedforward_layernorm'), `${path}.mlp`, c);
  return kit.add(x, norm(fed, 'post_feedforward_layernorm'));
}
