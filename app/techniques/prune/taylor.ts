/** First-order importance: how much the loss would change, by its gradient, if a weight became zero. */
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { sgd } from '../../tensor/optimisers/sgd.ts';
import { Trainer } from '../finetune/trainer.ts';
import { makeUnpaddedBatch } from '../finetune/unpadded.ts';

/** Windows that are differentiated together. */
const ROWS = 4;

/**
 * For each input of the linear layers `names` the sum of |w ∂L/∂w| over the weights that read it (LLM-Pruner, Ma et al. 2023,
 * equation 5), added over batches of the calibration text.
 * @param inOut whether a layer's weight is [inputs, outputs]
 * @returns by name, [inputs]
 */
export async function taylorImportance(
  model: Model,
  names: readonly string[],
  inOut: (name: string) => boolean,
  windows: readonly (readonly number[])[],
  { threads, signal }: { readonly threads?: number; readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, Float64Array>> {
  const wanted = new Set(names.map((name) => `${name}.weight`));
  const graph = buildTrainingGraph(model, {
    maxLength: windows[0].length,
    trains: (weight) => wanted.has(weight),
    recomputeAttention: true,
    unpadded: true,
  });
  const trainer = await Trainer.open(graph, (name) => readFloats(model.weights.get(name)!), {
    threads,
    accumulate: 1,
    maxGradientNorm: 0,
    optimiser: sgd({ momentum: 0 }),
  });
  const sums = new Map<string, Float64Array>();
  try {
    for (let begin = 0; begin < windows.length; begin += ROWS) {
      const rows = windows.slice(begin, begin + ROWS).map((window) => {
        const ids = Int32Array.from(window);
        return { ids, labels: ids };
      });
      // At a rate of zero the weights stay as they are.
      await trainer.step([makeUnpaddedBatch(rows)], 0, signal);
      for (const name of names) {
        const [rowsOf, columns] = model.weights.get(`${name}.weight`)!.shape;
        const inputs = inOut(name) ? rowsOf : columns;
        const [values, slopes] = [trainer.arena.values(`${name}.weight`), trainer.arena.gradients(`${name}.weight`)];
        const sum = sums.get(name) ?? new Float64Array(inputs);
        for (let i = 0; i < values.length; i++) {
          sum[inOut(name) ? Math.floor(i / columns) : i % columns] += Math.abs(values[i] * slopes[i]);
        }
        sums.set(name, sum);
      }
    }
    return sums;
  } finally {
    trainer.dispose();
  }
}
