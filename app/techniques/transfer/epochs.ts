/** Passes over a data set in an order that only the seed and the epoch decide, so that a resumed run goes on alike. */
import { UserError } from '../../contract/errors.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { Random } from '../../tensor/random.ts';
import type { Batch } from '../finetune/batch.ts';
import type { Trainer } from '../finetune/trainer.ts';

export interface Epoch {
  readonly seconds: number;
  /** Mean over the rows of the epoch, each before the step it belongs to. */
  readonly loss: number;
  /** Of rows that are not learnt from, after the epoch. */
  readonly evalLoss?: number;
}

export interface EpochOptions {
  readonly epochs: number;
  /** Epochs that were done before, by another trainer. */
  readonly firstEpoch?: number;
  /** Stop after so many; the learning rate falls as if all were done. */
  readonly stopAfter?: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly seed: number;
}

export interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly evalLoss?: number;
}

export interface TrainContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: StepReport) => void;
}

export interface EpochHooks {
  /** After an epoch. @returns the held-out loss, and whether it was the last */
  readonly after?: (epoch: number) => Promise<{ readonly evalLoss: number; readonly stop: boolean }>;
  /** Of the steps that were done before, be it by another trainer. */
  readonly losses?: readonly number[];
  /** After each step, and before the run ends because it is cancelled. */
  readonly keep?: (losses: readonly number[], cancelled: boolean) => Promise<void>;
}

/**
 * The learning rate falls to zero by a cosine over all epochs.
 * @throws UserError training/diverged; what `signal` was aborted with
 */
export async function trainEpochs(
  trainer: Trainer,
  count: number,
  batchOf: (rows: ArrayLike<number>) => Batch,
  options: EpochOptions,
  { signal, onStep }: TrainContext,
  { after, losses: before = [], keep }: EpochHooks = {},
): Promise<Epoch[]> {
  const { batchSize, seed, firstEpoch = 0, epochs, stopAfter = epochs } = options;
  const stepsOfEpoch = Math.ceil(count / batchSize);
  const stepsDone = () => firstEpoch * stepsOfEpoch + trainer.steps;
  const losses = [...before];
  const seconds: number[] = [];
  const evalLosses: number[] = [];
  let stopped = false;
  for (let epoch = Math.floor(stepsDone() / stepsOfEpoch); epoch < Math.min(epochs, stopAfter) && !stopped; epoch++) {
    const order = new Random([seed, epoch]).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
    const begin = performance.now();
    for (let step = stepsDone() - epoch * stepsOfEpoch; step < stepsOfEpoch; step++) {
      if (signal?.aborted) {
        await keep?.(losses, true);
        signal.throwIfAborted();
      }
      const rows = order.subarray(step * batchSize, (step + 1) * batchSize);
      const learningRate = options.learningRate * scheduleFactor('cosine', stepsDone(), 0, epochs * stepsOfEpoch);
      const { loss, gradientNorm } = await trainer.step([batchOf(rows)], learningRate);
      if (!Number.isFinite(loss)) {
        throw new UserError('training/diverged', `the loss became ${loss} in step ${stepsDone()}`);
      }
      losses.push(loss);
      await keep?.(losses, false);
      const report = { step: stepsDone(), loss, learningRate, gradientNorm };
      // The last step of an epoch is reported together with what is held out.
      if (step < stepsOfEpoch - 1 || !after) onStep?.(report);
      else {
        const { evalLoss, stop } = await after(epoch + 1);
        evalLosses[epoch] = evalLoss;
        onStep?.({ ...report, evalLoss });
        if (stop) stopped = true;
      }
    }
    seconds.push((performance.now() - begin) / 1000);
  }
  return summarise(losses, count, batchSize, seconds, evalLosses);
}

/** @param seconds of the last epochs; those of earlier ones are not known */
function summarise(
  losses: readonly number[],
  count: number,
  batchSize: number,
  seconds: readonly number[],
  evalLosses: readonly number[],
): Epoch[] {
  const stepsOfEpoch = Math.ceil(count / batchSize);
  const epochs = Math.floor(losses.length / stepsOfEpoch);
  return Array.from({ length: epochs }, (_, epoch) => {
    let total = 0;
    for (let step = 0; step < stepsOfEpoch; step++) {
      total += losses[epoch * stepsOfEpoch + step] * Math.min(batchSize, count - step * batchSize);
    }
    const evalLoss = evalLosses[epoch];
    const own = seconds[epoch - (epochs - seconds.length)] ?? 0;
    return { seconds: own, loss: total / count, ...(evalLoss === undefined ? {} : { evalLoss }) };
  });
}
