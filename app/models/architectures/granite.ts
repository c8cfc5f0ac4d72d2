/** Granite (IBM 2024): Llama's layers with multipliers on embeddings, scores, residual branches and logits. */
import { z } from 'zod';
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

interface GraniteConfig extends GatedDecoderConfig {
  readonly embeddingFactor: number;
  readonly residualFactor: number;
  readonly scoreFactor: number;
  readonly logitDivisor: number;
}

const factor = z.number().default(1);

const schema = decoderSchema.extend({
  embedding_multiplier: factor,
  residual_multiplier: factor,
  attention_multiplier: factor,
  logits_scaling: factor,
});

export const granite = defineArchitecture<GraniteConfig>({
  name: 'granite',
  modelTypes: ['granite'],
  readConfig(value) {
    const json = schema.parse(value);
    return {
      ...readDecoder(json),
      embeddingFactor: json.embedding_multiplier,
      residualFactor: json.residual_multiplier,
      scoreFactor: json.attention_multiplier,
      logitDivisor: json.logits_scaling,
    };
  },
  layers(kit, c) {
    const x = stack(kit, c, block, (embedded) => kit.scale(embedded, c.embeddingFactor));
    return kit.rmsNorm(x, 'model.norm', { epsilon: c.epsilon, width: c.width });
  },
  head: (c) => ({ ...usualHead(c), scale: 1 / c.logitDivisor }),
});

function block(kit: LayerKit, c: GraniteConfig, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const norm = { epsilon: c.epsilon, width: c.width };
  const h = kit.rmsNorm(input, `${path}.input_layernorm`, norm);
  const mixed = attend(kit, h, `${path}.self_attn`, l, c, { scale: c.scoreFactor });
  const x = kit.add(input, kit.scale(mixed, c.residualFactor));
  const n = kit.rmsNorm(x, `${path}.post_attention_layernorm`, norm);
  return kit.add(x, kit.scale(gatedFeedForward(kit, n, `${path}.mlp`, c), c.residualFactor));
}
