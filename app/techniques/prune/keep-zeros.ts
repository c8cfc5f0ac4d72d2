/** Keeps the weights that pruning made zero at zero while the others are trained. */
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import type { ParameterArena } from '../../tensor/optimisers/arena.ts';

/** @returns what puts the zeros of the blocks' linear layers back after a training step */
export async function keepZeros(model: Model): Promise<(arena: ParameterArena) => void> {
  const zeros = new Map<string, Uint8Array>();
  for (const module of buildScoringGraph(model, 1).linears.keys()) {
    const name = `${module}.weight`;
    const stored = model.weights.get(name);
    if (!stored || !/\.\d+\./.test(name)) continue;
    zeros.set(
      name,
      Uint8Array.from(await readFloats(stored), (v) => Number(v === 0)),
    );
  }
  return (arena) => {
    for (const [name, mask] of zeros) {
      const values = arena.values(name);
      for (let i = 0; i < mask.length; i++) if (mask[i] === 1) values[i] = 0;
    }
  };
}
