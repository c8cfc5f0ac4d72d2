/** Trains the head of a classifier on vectors that are computed already: an epoch takes milliseconds. */
import { buildHeadTrainingGraph } from '../../models/graphs/head-graph.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { targetsOf } from '../finetune/label-batch.ts';
import { Trainer } from '../finetune/trainer.ts';
import type { Classifier } from './classifier.ts';
import { type Epoch, type EpochHooks, type EpochOptions, type TrainContext, trainEpochs } from './epochs.ts';
import type { Features } from './feature-cache.ts';
import type { Target } from './objective.ts';
import { headValues, type Values } from './weight-values.ts';

/**
 * @param features a row for each target
 * @param judge called after each epoch with the head's present values
 * @returns the trained values of the head's weights, and what each epoch took
 */
export async function trainHead(
  classifier: Classifier,
  features: Features,
  targets: readonly Target[],
  options: EpochOptions,
  context: TrainContext = {},
  judge?: (values: Values, epoch: number) => ReturnType<NonNullable<EpochHooks['after']>>,
): Promise<{ values: Map<string, Float32Array<ArrayBuffer>>; epochs: Epoch[] }> {
  const { model } = classifier;
  const { width } = model.config;
  const graph = buildHeadTrainingGraph(model, (name) => classifier.head.includes(name));
  const trainer = await Trainer.open(graph, headValues(classifier), {
    threads: context.threads,
    accumulate: 1,
    maxGradientNorm: options.maxGradNorm,
    optimiser: adamw({ weightDecay: options.weightDecay }),
  });
  try {
    const batchOf = (rows: ArrayLike<number>): Batch => {
      const pooled = new Float32Array(rows.length * width);
      features.gather(rows, pooled);
      const inputs = {
        pooled: tensor('float32', [rows.length, width], pooled),
        targets: targetsOf(Array.from(rows, (row) => targets[row])),
      };
      return { inputs, supervised: rows.length, tokens: rows.length };
    };
    const values = () => new Map(classifier.head.map((name) => [name, trainer.arena.values(name).slice()]));
    const after = judge && ((epoch: number) => judge(values(), epoch));
    const epochs = await trainEpochs(trainer, targets.length, batchOf, options, context, { after });
    return { values: values(), epochs };
  } finally {
    trainer.dispose();
  }
}
