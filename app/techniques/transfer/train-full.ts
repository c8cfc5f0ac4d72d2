/**
 * Trains encoder and head together, from a head that was trained on the frozen encoder first: a random head would spoil
 * the encoder in the first steps (Kumar et al. 2022).
 */
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { Trainer } from '../finetune/trainer.ts';
import { type Classifier, poolingOf } from './classifier.ts';
import { type Epoch, type EpochOptions, type TrainContext, trainEpochs } from './train-head.ts';
import { headValues, type Values } from './weight-values.ts';

/**
 * @param texts token ids of each text
 * @param head values that the head begins with
 * @returns the trained values of all weights
 */
export async function trainFull(
  classifier: Classifier,
  texts: readonly Int32Array[],
  classes: ArrayLike<number>,
  head: Values,
  options: EpochOptions,
  context: TrainContext = {},
): Promise<{ values: Map<string, Float32Array<ArrayBuffer>>; epochs: Epoch[] }> {
  const { model } = classifier;
  const maxLength = texts.reduce((most, { length }) => Math.max(most, length), 1);
  const graph = buildTrainingGraph(model, { maxLength, trains: () => true, recomputeAttention: true });
  const trainer = await Trainer.open(graph, headValues(classifier, head), {
    threads: context.threads,
    accumulate: 1,
    maxGradientNorm: options.maxGradNorm,
    optimiser: adamw({ weightDecay: options.weightDecay }),
  });
  try {
    const batching = { pooling: poolingOf(model), positionsSkip: model.config.positionsSkip };
    const batchOf = (rows: ArrayLike<number>) =>
      makeLabelBatch(
        Array.from(rows, (row) => ({ ids: texts[row], label: classes[row] })),
        batching,
      );
    const epochs = await trainEpochs(trainer, texts.length, batchOf, options, context);
    const values = new Map(graph.trained.map(({ name }) => [name, trainer.arena.values(name).slice()]));
    return { values, epochs };
  } finally {
    trainer.dispose();
  }
}
