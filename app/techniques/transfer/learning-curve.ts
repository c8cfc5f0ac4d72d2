/** How good a head is that learns from a part of the rows: whether more data would help. On frozen features that is cheap. */

import { Random } from '../../tensor/random.ts';
import type { Classifier } from './classifier.ts';
import type { TrainContext } from './epochs.ts';
import { pickFeatures } from './feature-cache.ts';
import { headBatch, ratesOf } from './rates.ts';
import type { TransferOptions } from './schema.ts';
import type { Trained, TrainingRows } from './train.ts';
import { trainHead } from './train-head.ts';
import type { Values } from './weight-values.ts';

export interface CurvePoint {
  /** Rows that were learnt from; words where each has a tag. */
  readonly rows: number;
  /** Accuracy; micro-averaged F1 of several labels; F1 of entities; share of variance explained of numbers. */
  readonly score: number;
}

const SHARES = [0.1, 0.25, 0.5];
const FEWEST_ROWS = 8;

/** Each part holds the smaller ones. @param score of a head's values on the test rows */
export async function curveOf(
  classifier: Classifier,
  { features, targets, texts }: TrainingRows,
  whole: Trained,
  options: TransferOptions,
  context: TrainContext,
  score: (values: Values) => Promise<number>,
): Promise<CurvePoint[]> {
  const batchSize = headBatch(options, targets.length, texts.length);
  const { weightDecay, maxGradNorm, seed } = options;
  const count = targets.length;
  const order = new Random([seed, 0xc07e]).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  const [rate] = ratesOf(classifier, options);
  const points: CurvePoint[] = [];
  for (const share of SHARES) {
    const rows = Math.round(share * count);
    if (rows < FEWEST_ROWS) continue;
    const chosen = order.subarray(0, rows);
    // As many steps as on all rows, or a small part would only be learnt from too briefly.
    const epochs = Math.ceil(whole.epochs.length / share);
    const { values } = await trainHead(
      classifier,
      pickFeatures(features, chosen),
      Array.from(chosen, (row) => targets[row]),
      { batchSize, weightDecay, maxGradNorm, seed, epochs, learningRate: whole.choice?.learningRate ?? rate },
      { threads: context.threads, signal: context.signal },
    );
    points.push({ rows, score: await score(values) });
  }
  points.push({ rows: count, score: await score(whole.values) });
  return points;
}
