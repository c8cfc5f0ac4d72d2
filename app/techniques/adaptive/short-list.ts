/** The short list of a decoder: the tokens that the user's texts use, and their rows of the head. */
import { openGraph } from '../../generate/open-graph.ts';
import { buildListProduct } from '../../models/graphs/decoding-parts.ts';
import type { ListHead } from '../../models/graphs/list-head.ts';
import type { StoredModel } from '../../models/stored.ts';
import { float32 } from '../../tensor/tensor.ts';

/** The tokens that the texts use most, in ascending order. */
export function shortlistOf(windows: readonly Int32Array[], size: number, vocabulary: number): number[] {
  const counts = new Map<number, number>();
  for (const window of windows) for (const id of window) counts.set(id, (counts.get(id) ?? 0) + 1);
  const used = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b).slice(0, size);
  // Early ids of most tokenizers are the commonest pieces: they fill what the texts leave.
  const seen = new Set(used);
  for (let id = 0; used.length < Math.min(size, vocabulary); id++) if (!seen.has(id)) used.push(id);
  return used.sort((a, b) => a - b);
}

/** The short list's rows of the head as float32 [tokens, width], whatever they are stored as: products with unit vectors. */
export async function listRows(model: StoredModel, list: ListHead): Promise<Float32Array> {
  const { width } = model.config;
  const session = await openGraph(buildListProduct(model, list), { spin: false });
  try {
    const unit = new Float32Array(width * width);
    for (let i = 0; i < width; i++) unit[i * width + i] = 1;
    const { logits } = await session.run({ state: float32([width, width], unit) });
    const rows = new Float32Array(list.tokens.length * width);
    for (let i = 0; i < width; i++)
      for (let t = 0; t < list.tokens.length; t++)
        rows[t * width + i] = Number(logits.data[i * list.tokens.length + t]);
    return rows;
  } finally {
    session.dispose();
  }
}
