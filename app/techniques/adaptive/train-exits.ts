/** Trains the exits of a classifier by the method that was chosen: all layers together, or heads on states computed once. */
import { exitLayers } from '../../models/graphs/exit-graph.ts';
import type { Model } from '../../models/model.ts';
import type { AdaptContext } from './adapt-context.ts';
import { flatExits, weightsOf } from './exit-graphs.ts';
import { featuresOf, runExits } from './exit-runner.ts';
import { type Epoch, firstExitValues, trainHeads, trainJointly, type Values } from './exit-training.ts';
import type { AdaptOptions } from './schema.ts';

const EPOCHS = { joint: 3, heads: 20, act: 3 };
const LEARNING_RATE = { joint: 5e-5, heads: 5e-3, act: 5e-5 };

/** @throws UserError training/diverged */
export async function trainExits(
  model: Model,
  rows: { ids: readonly Int32Array[]; classes: readonly number[]; labels: number },
  options: AdaptOptions,
  context: AdaptContext,
): Promise<{ values: Values; epochs: Epoch[] }> {
  const { method, batchSize, seed } = options;
  const common = {
    epochs: options.epochs ?? EPOCHS[method],
    learningRate: options.learningRate ?? LEARNING_RATE[method],
    batchSize,
    seed,
  };
  if (method !== 'heads')
    return trainJointly(model, rows, method === 'act' ? { ...common, ponder: options.ponder } : common, context);
  const plain = await flatExits(model, rows.labels, weightsOf(model, firstExitValues(model, rows.labels)), {
    pooled: true,
  });
  const results = await runExits(plain, rows.ids, context);
  const features = featuresOf(results, exitLayers(model), plain.layers, rows.labels);
  return trainHeads(model, rows, features, common, context);
}
