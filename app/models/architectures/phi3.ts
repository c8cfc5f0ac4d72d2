/** Phi-3 and Phi-4 (Microsoft 2024): Llama's layers with fused projections, sliding window and LongRoPE. */
import type { Value } from '../../tensor/graph.ts';
import { defineArchitecture } from './architecture.ts';
import {
  decoderSchema,
  type GatedDecoderConfig,
  readDecoder,
  readWindows,
  stack,
  usualHead,
  windowSchema,
} from './decoder-parts.ts';
import type { LayerKit } from './kit.ts';

interface Phi3Config extends GatedDecoderConfig {
  readonly windows: readonly (number | undefined)[];
}

const schema = decoderSchema.extend(windowSchema.shape);

export const phi3 = defineArchitecture<Phi3Config>({
  name: 'phi3',
  modelTypes: ['phi3'],
  readConfig(value) {
    const json = schema.parse(value);
    const base = readDecoder(json);
    return { ...base, windows: readWindows(json, base.layers, () => true) };
  },
  layers: (kit, c) => kit.rmsNorm(stack(kit, c, block), 'model.norm', { epsilon: c.epsilon, width: c.width }),
  head: usualHead,
});

function block(kit: LayerKit, c: Phi3Config, l: number, input: Value): Value {
  const path = `model.layers.${l}`;
  const { width, heads, keyValueHeads, headDim, intermediate, rope } = c;
  const norm = { epsilon: c.epsilon, width };
  const linear = (x: Value, name: string, inputs: number, outputs: number) =>
    kit.linear(x, `${path}.${name}`, { inputs, outputs });
  const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headDim);

  const h = kit.rmsNorm(input, `${path}.input_layernorm`, norm);
  const fused = linear(h, 'self_attn.qkv_proj', width, sizes[0] + sizes[1] + sizes[2]);
  const [q, k, v] = kit.split(fused, sizes);
  const mixed = kit.attention(q, k, v, { layer: l, heads, keyValueHeads, headDim, rope, window: c.windows[l] });
  const x = kit.add(input, linear(mixed, 'self_attn.o_proj', heads * headDim, width));

  const n = kit.rmsNorm(x, `${path}.post_attention_layernorm`, norm);
  const both = linear(n, 'mlp.gate_up_proj', width, 2 * intermediate);
  const [gate, up] = kit.split(both, [intermediate, intermediate]);
  return kit.add(x, linear(kit.gated(gate, up, c.activation), 'mlp.down_proj', intermediate, width));
}
