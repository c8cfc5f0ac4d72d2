/** Trains the head of a classifier on vectors that are computed already: an epoch takes milliseconds. */
import { UserError } from '../../contract/errors.ts';
import { buildHeadGraph, buildHeadTrainingGraph } from '../../models/graphs/head-graph.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { Random } from '../../tensor/random.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import { Trainer } from '../finetune/trainer.ts';
import type { Classifier } from './classifier.ts';
import { headValues, type Values } from './weight-values.ts';

export interface Epoch {
  readonly seconds: number;
  /** Mean over the texts of the epoch, each before the step it belongs to. */
  readonly loss: number;
}

export interface EpochOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly seed: number;
}

export interface TrainContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (epoch: number, result: Epoch) => void;
  readonly onStep?: (step: { readonly step: number; readonly loss: number; readonly learningRate: number }) => void;
}

/**
 * Passes over `count` rows in an order that depends on the seed and the epoch alone; the learning rate falls to zero by a cosine.
 * @throws UserError training/diverged
 */
export async function trainEpochs(
  trainer: Trainer,
  count: number,
  batchOf: (rows: ArrayLike<number>) => Batch,
  options: EpochOptions,
  { signal, onEpoch, onStep }: TrainContext,
): Promise<Epoch[]> {
  const { epochs, batchSize, seed } = options;
  const steps = epochs * Math.ceil(count / batchSize);
  const results: Epoch[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new Random([seed, epoch]).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
    const begin = performance.now();
    let total = 0;
    for (let at = 0; at < count; at += batchSize) {
      signal?.throwIfAborted();
      const rows = order.subarray(at, at + batchSize);
      const learningRate = options.learningRate * scheduleFactor('cosine', trainer.steps, 0, steps);
      const { loss } = await trainer.step([batchOf(rows)], learningRate, signal);
      if (!Number.isFinite(loss)) {
        throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
      }
      total += loss * rows.length;
      onStep?.({ step: trainer.steps, loss, learningRate });
    }
    const result = { seconds: (performance.now() - begin) / 1000, loss: total / count };
    results.push(result);
    onEpoch?.(epoch + 1, result);
  }
  return results;
}

/**
 * @param features float32 [texts, width]
 * @param classes class of each text
 * @returns the trained values of the head's weights, and what each epoch took
 */
export async function trainHead(
  classifier: Classifier,
  features: Float32Array,
  classes: ArrayLike<number>,
  options: EpochOptions,
  context: TrainContext = {},
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
      const targets: number[] = [];
      for (let r = 0; r < rows.length; r++) {
        pooled.set(features.subarray(rows[r] * width, (rows[r] + 1) * width), r * width);
        targets.push(classes[rows[r]]);
      }
      const inputs = {
        pooled: tensor('float32', [rows.length, width], pooled),
        targets: int64([rows.length], targets),
      };
      return { inputs, supervised: rows.length, tokens: rows.length };
    };
    const epochs = await trainEpochs(trainer, classes.length, batchOf, options, context);
    const values = new Map(classifier.head.map((name) => [name, trainer.arena.values(name).slice()]));
    return { values, epochs };
  } finally {
    trainer.dispose();
  }
}

/** Probabilities float32 [texts, labels] that a head gives to vectors [texts, width]. */
export async function predictHead(
  classifier: Classifier,
  features: Float32Array,
  trained: Values,
  threads?: number,
): Promise<Float32Array> {
  const { model, labels } = classifier;
  const { graph, weights } = buildHeadGraph(model);
  const values = headValues(classifier, trained);
  const session = await openSession(encodeModel(graph), { threads });
  try {
    const { width } = model.config;
    const rows = features.length / width;
    const feeds: Record<string, Tensor> = { pooled: tensor('float32', [rows, width], features) };
    for (const { name, shape } of weights) feeds[name] = tensor('float32', shape, await values(name));
    const { logits } = await session.run(feeds, ['logits']);
    return softmaxRows(logits.data as Float32Array, labels.length);
  } finally {
    session.dispose();
  }
}

function softmaxRows(logits: Float32Array, width: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += width) {
    const row = logits.subarray(at, at + width);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const exponents = Array.from(row, (v) => Math.exp(v - most));
    const sum = exponents.reduce((a, b) => a + b, 0);
    for (const [i, e] of exponents.entries()) result[at + i] = e / sum;
  }
  return result;
}
