/** What the inputs and outputs of decoding graphs are called that hold keys and values. */

export const pastName = (layer: number, part: 'key' | 'value'): string => `past_key_values.${layer}.${part}`;
export const presentName = (layer: number, part: 'key' | 'value'): string => `present.${layer}.${part}`;
/** Scales of an int8 cache, float32 [1, kv heads, 1, head dim]. */
export const scaleName = (layer: number, part: 'key' | 'value'): string => `cache_scale.${layer}.${part}`;
export const freshName = (layer: number, part: 'key' | 'value'): string => `fresh.${layer}.${part}`;

/** Keys and values of the encoder's tokens, [batch, source, heads * head dim]. */
export const memoryName = (layer: number, part: 'key' | 'value'): string => `encoder.${layer}.${part}`;
