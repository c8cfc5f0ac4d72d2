/** OLMo 2 (Ai2 2024): norms after attention and feed-forward instead of before, and over whole queries and keys. */
import type { Value } from '../../tensor/graph.ts';
import { defineArchitecture } from './architecture.ts';
import {
  attend,
  decoderSchema,
  type GatedDecoderConfig,
  gatedFeedForward,
  readDecoder,
  stack,
  usualHead,
} from './decoder-parts.ts';
import type { LayerKit } from './kit.ts';

export const olmo2 = defineArchitecture<GatedDecoderConfig>({
  name: 'olmo2',
  modelTypes: ['olmo2'],
  readConfig: (value) => readDecoder(decoderSchema.parse(value)),
  layers: (kit, c) => kit.rmsNorm(stack(kit, c, block), 'model.norm', { epsilon: c.epsilon, width: c.width }),
  head: usualHead,
});

function block(kit: LayerKit, c: GatedDecoderConfig, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const after = { epsilon: c.epsilon, width: c.width };
  const norm = (x: Value, part: 'q' | 'k') =>
    kit.rmsNorm(x, `${path}.self_attn.${part}_norm`, {
      epsilon: c.epsilon,
      width: (part === 'q' ? c.heads : c.keyValueHeads) * c.headDim,
    });
  const mixed = attend(kit, input, `${path}.self_attn`, l, c, { norm });
  const x = kit.add(input, kit.rmsNorm(mixed, `${path}.post_attention_layernorm`, after));
  const fed = gatedFeedForward(kit, x, `${path}.mlp`, c);
  return kit.add(x, kit.rmsNorm(fed, `${path}.post_feedforward_layernorm`, after));
}
