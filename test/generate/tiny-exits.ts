/** Exits of a tiny model, which know nothing. */
import type { Exits } from '../../app/generate/adaptive-decoder.ts';
import { pickHead } from '../../app/models/graphs/list-head.ts';
import type { StoredModel } from '../../app/models/stored.ts';
import { Random } from '../../app/tensor/random.ts';

/** After the first layer, with a list of every third token. */
export async function makeExits(model: StoredModel): Promise<Exits> {
  const { width, vocabulary } = model.config;
  const random = new Random([5]);
  const tokens = Array.from({ length: Math.floor(vocabulary / 3) }, (_, i) => 3 * i);
  const part = (size: number) => Float32Array.from({ length: size }, () => 0.2 * (random.fraction() - 0.5));
  return {
    layer: 1,
    map: { weight: part(width * width), bias: new Float32Array(width) },
    gate: { weight: part(width), bias: 0 },
    list: await pickHead(model, tokens),
  };
}
