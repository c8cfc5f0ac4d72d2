/** SmolLM3 (Hugging Face 2025): Llama's layers, some of them without rotary positions (NoPE, Yang et al. 2025). */
import { z } from 'zod';
import type { Value } from '../../tensor/graph.ts';
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

interface SmolLm3Config extends GatedDecoderConfig {
  readonly turns: readonly boolean[];
  readonly windows: readonly (number | undefined)[];
}

const schema = decoderSchema.extend(windowSchema.shape).extend({
  tie_word_embeddings: z.boolean().default(true),
  /** 1 where rotary positions are applied, 0 where they are not. */
  no_rope_layers: z.array(z.number()).nullish(),
  no_rope_layer_interval: z.number().int().positive().default(4),
});

function readConfig(value: unknown): SmolLm3Config {
  const json = schema.parse(value);
  const base = readDecoder(json, { theta: 2_000_000 });
  const turns = Array.from({ length: base.layers }, (_, l) =>
    json.no_rope_layers ? json.no_rope_layers[l] !== 0 : (l + 1) % json.no_rope_layer_interval !== 0,
  );
  const windows = json.use_sliding_window ? json : {};
  return { ...base, turns, windows: readWindows(windows, base.layers, (l) => !turns[l]) };
}

export const smolLm3 = defineArchitecture<SmolLm3Config>({
  name: 'smollm3',
  modelTypes: ['smollm3'],
  readConfig,
  layers: (kit, c) => kit.rmsNorm(stack(kit, c, block), 'model.norm', { epsilon: c.epsilon, width: c.width }),
  head: usualHead,
});

function block(kit: LayerKit, c: SmolLm3Config, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const norm = { epsilon: c.epsilon, width: c.width };
  const h = kit.rmsNorm(input, `${path}.input_layernorm`, norm);
  const rope = c.turns[l] ? c.rope : null;
  const x = kit.add(input, attend(kit, h, `${path}.self_attn`, l, c, { rope, window: c.windows[l] }));
  const n = kit.rmsNorm(x, `${path}.post_attention_layernorm`, norm);
  return kit.add(x, gatedFeedForward(kit, n, `${path}.mlp`, c));
}
