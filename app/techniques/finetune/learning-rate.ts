/** Looks for a learning rate (Smith 2017): the rate rises from step to step, and what the loss does to it is looked at. */
import { mean } from '../../evaluate/statistics.ts';
import type { Model } from '../../models/model.ts';
import { judgeReference } from './judge-reference.ts';
import type { TrainingData } from './open-source.ts';
import { openTraining } from './open-training.ts';
import type { FinetuneOptions } from './schema.ts';

export interface RangeTest {
  /** Of the first step and of the last; in between they grow by one factor. */
  readonly lowest: number;
  readonly highest: number;
  readonly steps: number;
}

export interface RatePoint {
  readonly learningRate: number;
  readonly loss: number;
  /** Running mean of the losses so far. */
  readonly smoothed: number;
}

export interface RateSuggestion {
  /** Where the loss fell fastest, or what a rate near it has room for above. */
  readonly suggestion: number;
  /** Where the smoothed loss was lowest: more than this trains worse. */
  readonly minimum: number;
}

export interface RateSearch extends Partial<RateSuggestion> {
  readonly curve: readonly RatePoint[];
  /** The loss rose so far that the search ended before the highest rate. */
  readonly diverged: boolean;
}

/** Weight of what was in the running mean. */
const MEMORY = 0.9;
/** Times the lowest smoothed loss at which the search ends. */
const FAR_ABOVE = 2;
/** Points to either side that losses are smoothed and slopes fitted over. */
const REACH = 5;
/** Nats that the loss must fall for a curve to say anything. */
const FALL = 0.02;
/** Below the lowest point by this factor a rate is safe for a whole run. */
const MARGIN = 10;

/**
 * The model in its folder is never changed.
 * @throws UserError arguments/*, file/*, weights/*; what `signal` was aborted with
 */
export async function searchLearningRate(
  model: Model,
  data: TrainingData,
  options: FinetuneOptions,
  { lowest, highest, steps }: RangeTest,
  context: { readonly threads?: number; readonly signal?: AbortSignal; readonly onPoint?: (point: RatePoint) => void },
): Promise<RateSearch> {
  const training = await openTraining(model, data, options, context.threads);
  const { trainer, source } = training;
  try {
    await judgeReference(model, training, undefined, steps, { threads: context.threads, signal: context.signal });
    const curve: RatePoint[] = [];
    let [average, best] = [0, Number.POSITIVE_INFINITY];
    for (let i = 0; i < steps; i++) {
      context.signal?.throwIfAborted();
      const learningRate = lowest * (highest / lowest) ** (steps > 1 ? i / (steps - 1) : 0);
      const { loss } = await trainer.step(await source.batches(i), learningRate);
      average = MEMORY * average + (1 - MEMORY) * loss;
      const smoothed = average / (1 - MEMORY ** (i + 1));
      if (!Number.isFinite(loss) || smoothed > FAR_ABOVE * best)
        return { curve, diverged: true, ...suggestRate(curve) };
      best = Math.min(best, smoothed);
      const point = { learningRate, loss, smoothed };
      curve.push(point);
      context.onPoint?.(point);
    }
    return { curve, diverged: false, ...suggestRate(curve) };
  } finally {
    trainer.dispose();
  }
}

/**
 * The rate at which the loss falls fastest, at most a tenth of that at which it is lowest; undefined where it never falls. The
 * losses are smoothed to both sides: a running mean would lag behind the rate.
 */
export function suggestRate(curve: readonly Omit<RatePoint, 'smoothed'>[]): RateSuggestion | undefined {
  if (curve.length <= 2 * REACH) return undefined;
  const losses = curve.map((_, i) => mean(around(curve, i).map(({ loss }) => loss)));
  const low = losses.reduce((best, loss, i) => (loss < losses[best] ? i : best), 0);
  if (losses[0] - losses[low] < FALL) return undefined;
  const rates = curve.map(({ learningRate }) => Math.log(learningRate));
  let [steepest, least] = [0, 0];
  for (let i = 0; i <= low; i++) {
    const slope = slopeOf(around(rates, i), around(losses, i));
    if (slope < least) [steepest, least] = [i, slope];
  }
  const minimum = curve[low].learningRate;
  return { suggestion: Math.min(curve[steepest].learningRate, minimum / MARGIN), minimum };
}

const around = <T>(values: readonly T[], i: number): T[] => values.slice(Math.max(0, i - REACH), i + REACH + 1);

/** By least squares. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const [x, y] = [mean(xs), mean(ys)];
  const spread = xs.reduce((n, v) => n + (v - x) ** 2, 0);
  return xs.reduce((n, v, i) => n + (v - x) * (ys[i] - y), 0) / spread;
}
