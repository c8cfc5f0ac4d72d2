/** How most of a model's weights are stored: `float32`, `float16`, `int4`, `int8`, … */
import type { StoredModel } from './stored.ts';

export function storageFormat({ formats, weights }: StoredModel): string {
  const bytes = new Map<string, number>();
  const add = (name: string, amount: number) => bytes.set(name, (bytes.get(name) ?? 0) + amount);
  // Modules count alike: their matrices are of similar sizes, and what they are stored in is named once for all parts.
  if (formats.size > 0)
    for (const format of formats.values()) add(format.kind === 'blocks' ? `int${format.bits}` : 'int8', 1);
  else for (const { dtype, byteLength } of weights.values()) add(dtype, byteLength);
  const [most] = [...bytes].sort((a, b) => b[1] - a[1]);
  return most ? most[0] : 'unknown';
}
