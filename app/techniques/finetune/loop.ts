/** The steps of a run: batches in, checkpoints now and then, from where an earlier run stopped. */
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { loadCheckpoint, type Progress, saveCheckpoint } from './checkpoint.ts';
import type { FinetuneOptions } from './schema.ts';
import type { StepSource } from './source.ts';
import type { Trainer } from './trainer.ts';

export interface LoopContext {
  readonly signal?: AbortSignal;
  /** Continue from the checkpoint beside the output folder. */
  readonly resume?: boolean;
  /** `done`: what an earlier run did that this one continues. */
  readonly onStart?: (steps: number, done: Progress) => void;
  readonly onStep?: (step: StepReport) => void;
}

export interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Tokens that are not padding, and those that were learnt from. */
  readonly tokens: number;
  readonly supervised: number;
  readonly tokensPerSecond: number;
}

export const checkpointFolder = (out: string): string => `${resolve(out)}.checkpoint`;

/**
 * Trains for `steps` steps in all, from the checkpoint where the run is resumed.
 * @throws UserError training/diverged, checkpoint/other-run, disk/full; what `signal` was aborted with, a checkpoint written
 */
export async function train(
  trainer: Trainer,
  optimiser: Optimiser,
  source: StepSource,
  steps: number,
  run: Readonly<Record<string, unknown>>,
  out: string,
  options: FinetuneOptions,
  { signal, resume, onStart, onStep }: LoopContext,
): Promise<Progress> {
  const folder = checkpointFolder(out);
  const saved = resume ? await loadCheckpoint(folder, run, trainer, optimiser) : undefined;
  const progress: Progress = saved ?? {
    losses: [],
    learningRates: [],
    gradientNorms: [],
    tokens: 0,
    supervised: 0,
    seconds: 0,
  };
  onStart?.(steps, progress);
  const peak = options.learningRate ?? (options.method === 'full' ? 2e-5 : 2e-4);
  let lastSaved = performance.now();
  while (trainer.steps < steps) {
    if (signal?.aborted) {
      await saveCheckpoint(folder, run, trainer, optimiser, progress);
      signal.throwIfAborted();
    }
    const batches = await source.batches(trainer.steps);
    const learningRate = peak * scheduleFactor(options.schedule, trainer.steps, options.warmupSteps, steps);
    const begin = performance.now();
    const { loss, gradientNorm } = await trainer.step(batches, learningRate);
    const seconds = (performance.now() - begin) / 1000;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
    }
    const tokens = batches.reduce((n, b) => n + b.tokens, 0);
    progress.losses.push(loss);
    progress.learningRates.push(learningRate);
    progress.gradientNorms.push(gradientNorm);
    progress.tokens += tokens;
    const supervised = batches.reduce((n, b) => n + b.supervised, 0);
    progress.supervised += supervised;
    progress.seconds += seconds;
    const tokensPerSecond = tokens / seconds;
    onStep?.({ step: trainer.steps, loss, learningRate, gradientNorm, tokens, supervised, tokensPerSecond });
    const minutes = (performance.now() - lastSaved) / 60_000;
    const due = options.checkpointSteps
      ? trainer.steps % options.checkpointSteps === 0
      : minutes >= options.checkpointMinutes;
    if (due && trainer.steps < steps) {
      await saveCheckpoint(folder, run, trainer, optimiser, progress);
      lastSaved = performance.now();
    }
  }
  return progress;
}
