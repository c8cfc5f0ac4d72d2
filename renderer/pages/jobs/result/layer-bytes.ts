/** Where a model's bytes lie: embedding, each layer, head. Pure. */
import type { TensorInfo } from '../../../../app/contract/models.ts';

export interface LayerBytes {
  /** `embed`, `0`, `1`, …, `head`. */
  readonly name: string;
  readonly before?: number;
  readonly after?: number;
}

/** Share of the largest below which there is nothing to see, as of a last norm alone. */
const NOTHING = 0.001;
const LAYER = /(?:^|\.)(?:layers?|h|blocks?|blk)\.(\d+)\./;

export function layerOf(tensor: string): string {
  const layer = LAYER.exec(tensor)?.[1];
  if (layer !== undefined) return layer;
  return /embed|wte|wpe|token_embd/.test(tensor) ? 'embed' : 'head';
}

function sums(tensors: readonly TensorInfo[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, bytes } of tensors) {
    const layer = layerOf(name);
    found.set(layer, (found.get(layer) ?? 0) + bytes);
  }
  return found;
}

/** Order in the model. */
export const place = (name: string): number =>
  name === 'embed' ? -1 : name === 'head' ? Number.MAX_SAFE_INTEGER : Number(name);

export function layerBytes(before: readonly TensorInfo[], after: readonly TensorInfo[]): LayerBytes[] {
  const [old, fresh] = [sums(before), sums(after)];
  const most = Math.max(0, ...old.values(), ...fresh.values());
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .sort((a, b) => place(a) - place(b))
    .map((name) => ({ name, before: old.get(name), after: fresh.get(name) }))
    .filter((row) => Math.max(row.before ?? 0, row.after ?? 0) > NOTHING * most);
}
