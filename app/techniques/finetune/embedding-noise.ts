/** The noise that NEFTune adds to embeddings while training (Jain et al. 2023, arXiv:2310.05914, Algorithm 1). */
import type { Random } from '../../tensor/random.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';

/**
 * Uniform in ±alpha / sqrt(L * width) for each token and feature, where L is the length of the token's own example, however
 * examples share rows: float32 [tokens, width], in the order of the batch's tokens. Padding gets none.
 * @param inputs segment_ids int64 [batch, length], and places int64 [tokens] where the batch has no padding
 */
export function embeddingNoise(
  { segment_ids, places }: Readonly<Record<string, Tensor>>,
  width: number,
  alpha: number,
  random: Random,
): Tensor {
  const segments = segment_ids.data as BigInt64Array;
  const length = segment_ids.shape[1] as number;
  const exampleOf = (slot: number) => `${Math.floor(slot / length)}/${segments[slot]}`;
  const slots = places
    ? Array.from(places.data as BigInt64Array, Number)
    : Array.from({ length: segments.length }, (_, slot) => slot);
  const lengths = new Map<string, number>();
  for (const slot of slots) lengths.set(exampleOf(slot), (lengths.get(exampleOf(slot)) ?? 0) + 1);
  const noise = new Float32Array(slots.length * width);
  slots.forEach((slot, token) => {
    if (segments[slot] === 0n) return;
    const magnitude = alpha / Math.sqrt(lengths.get(exampleOf(slot))! * width);
    for (let i = token * width; i < (token + 1) * width; i++) noise[i] = magnitude * (2 * random.fraction() - 1);
  });
  return float32([slots.length, width], noise);
}
