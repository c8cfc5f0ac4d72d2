/** SparseGPT over a whole decoder, layer after layer: each sees what the pruned ones before it give. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { LayerWalk } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import type { PruneContext } from './pruning.ts';
import { sparseGpt } from './sparsegpt.ts';

/**
 * @param windows calibration text
 * @param shares what goes of each layer
 * @returns the new weights of all linear layers by their name, all of them in memory
 */
export async function madeGood(
  model: Model,
  linears: ReadonlyMap<string, LinearSpec>,
  windows: readonly (readonly number[])[],
  shares: readonly (number | '2:4')[],
  { threads, signal, onProgress }: Omit<PruneContext, 'calibration'>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const texts = windows.map((ids) => Int32Array.from(ids));
  const walk = await LayerWalk.open(model, texts, { threads, signal });
  const weights = new Map<string, Float32Array>();
  for (const [index, { groups }] of walk.layers.entries()) {
    const statistics = await walk.statistics(index);
    const replaced = new Map<string, Float32Array>();
    for (const { input, modules } of groups) {
      const { gram } = statistics.get(input)!;
      for (const name of modules) {
        signal?.throwIfAborted();
        const { inputs, outputs, layout } = linears.get(name)!;
        const stored = await readFloats(model.weights.get(`${name}.weight`)!);
        const rows = layout === 'in-out' ? transpose(stored, inputs, outputs) : stored;
        sparseGpt(rows, inputs, gram, shares[index]);
        replaced.set(`${name}.weight`, layout === 'in-out' ? transpose(rows, outputs, inputs) : rows);
      }
    }
    for (const [name, values] of replaced) weights.set(name, values);
    await walk.advance(index, replaced);
    onProgress?.(index + 1, walk.layers.length);
  }
  return weights;
}
