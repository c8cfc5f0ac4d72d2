/** The steps of a run: batches in, measurements and checkpoints now and then, from where an earlier run stopped. */
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { loadBest, loadCheckpoint, type Progress, saveBest, saveCheckpoint } from './checkpoint.ts';
import { bestOf, type Evaluation, evaluationInterval, isExhausted } from './early-stopping.ts';
import { defaultLearningRate } from './open-training.ts';
import type { FinetuneOptions } from './schema.ts';
import type { StepSource } from './source.ts';
import type { Trainer } from './trainer.ts';
import type { Validation } from './validation.ts';
import { type TrainingWarning, trainingWarnings } from './warnings.ts';

export interface LoopContext {
  readonly signal?: AbortSignal;
  /** Continue from the checkpoint beside the output folder. */
  readonly resume?: boolean;
  /** `done`: what an earlier run did that this one continues. */
  readonly onStart?: (steps: number, done: Progress) => void;
  readonly onStep?: (step: StepReport) => void;
  /** What is to be said of the curves, each kind once in a run. */
  readonly onWarning?: (warning: TrainingWarning) => void;
  /** The loss on held-out rows was measured; the step's own report follows. Waited for before the next step. */
  readonly onEvaluation?: (evaluation: Evaluation) => void | Promise<void>;
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
  /** What the graph measures besides the loss. */
  readonly measured: Readonly<Record<string, number>>;
  /** On held-out rows, where it was measured after this step. */
  readonly evalLoss?: number;
}

export type LoopOptions = Pick<
  FinetuneOptions,
  | 'method'
  | 'objective'
  | 'learningRate'
  | 'schedule'
  | 'warmupSteps'
  | 'checkpointSteps'
  | 'checkpointMinutes'
  | 'evalSteps'
  | 'keep'
  | 'patience'
>;

export interface Run {
  readonly trainer: Trainer;
  readonly optimiser: Optimiser;
  readonly source: StepSource;
  readonly steps: number;
  /** See `identifyRun`. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Where checkpoints are written. */
  readonly folder: string;
  readonly options: LoopOptions;
  readonly validation?: Validation;
  /**
   * Called when measurements are due, also where there is nothing to measure; waited for.
   * @param trained tokens trained on between two such steps
   */
  readonly atMilestone?: (step: number, trained: number) => Promise<void>;
}

export interface Outcome {
  readonly progress: Progress;
  /** The step whose weights the trainer holds. */
  readonly kept: number;
}

export const checkpointFolder = (out: string): string => `${resolve(out)}.checkpoint`;

/** Steps after which the curves are looked at again: at most fifty times in a run. */
const warningInterval = (steps: number): number => Math.max(10, Math.ceil(steps / 50));

const nothingYet = (): Progress => ({
  losses: [],
  learningRates: [],
  gradientNorms: [],
  tokens: 0,
  supervised: 0,
  seconds: 0,
  evaluations: [],
});

/**
 * Trains for `steps` steps in all, from the checkpoint where the run is resumed, or until held-out rows say that it is enough.
 * Afterwards the trainer holds the weights that are to be written: the best on held-out rows, or the last.
 * @throws UserError training/diverged, checkpoint/other-run, disk/full; what `signal` was aborted with, a checkpoint written
 */
export async function train(run: Run, context: LoopContext): Promise<Outcome> {
  const { trainer, optimiser, source, steps, identity, folder, options } = run;
  const { signal } = context;
  const saved = context.resume ? await loadCheckpoint(folder, identity, trainer, optimiser) : undefined;
  const progress = saved ?? nothingYet();
  const validation = options.evalSteps === 0 ? undefined : run.validation;
  const tokensPerStep = (await source.batches(0)).reduce((n, batch) => n + batch.tokens, 0);
  const interval = options.evalSteps ?? evaluationInterval(steps, steps * tokensPerStep, validation?.tokens ?? 0);
  const decides = validation?.isDecisive === true;
  const save = () => saveCheckpoint(folder, identity, trainer, optimiser, progress);

  /** @returns the loss where this is a step to measure after */
  const evaluate = async (): Promise<number | undefined> => {
    const { steps: step } = trainer;
    const known = progress.evaluations.find((evaluation) => evaluation.step === step);
    if (interval === 0 || known || (step % interval !== 0 && step !== steps)) return known?.loss;
    const measurement = await validation?.measure(signal);
    if (measurement) {
      const evaluation = { step, ...measurement };
      progress.evaluations.push(evaluation);
      const best = bestOf(progress.evaluations);
      if (decides && options.keep === 'best' && best?.step === step && step < steps) await saveBest(folder, trainer);
      await context.onEvaluation?.(evaluation);
    }
    await run.atMilestone?.(step, interval * tokensPerStep);
    return measurement?.loss;
  };

  const warned = new Set<string>();
  const warn = (): void => {
    for (const warning of trainingWarnings({ ...progress, steps })) {
      if (!warned.has(warning.kind)) context.onWarning?.(warning);
      warned.add(warning.kind);
    }
  };

  context.onStart?.(steps, progress);
  const peak = options.learningRate ?? defaultLearningRate(options);
  let lastSaved = performance.now();
  try {
    await evaluate();
    while (trainer.steps < steps && !(decides && isExhausted(progress.evaluations, options.patience))) {
      signal?.throwIfAborted();
      const batches = await source.batches(trainer.steps);
      const learningRate = peak * scheduleFactor(options.schedule, trainer.steps, options.warmupSteps, steps);
      const begin = performance.now();
      const { loss, gradientNorm, measured } = await trainer.step(batches, learningRate);
      const seconds = (performance.now() - begin) / 1000;
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
      }
      const tokens = batches.reduce((n, b) => n + b.tokens, 0);
      const supervised = batches.reduce((n, b) => n + b.supervised, 0);
      progress.losses.push(loss);
      progress.learningRates.push(learningRate);
      progress.gradientNorms.push(gradientNorm);
      progress.tokens += tokens;
      progress.supervised += supervised;
      progress.seconds += seconds;
      const report = { step: trainer.steps, loss, learningRate, gradientNorm, tokens, supervised, measured };
      const evalLoss = await evaluate();
      context.onStep?.({
        ...report,
        tokensPerSecond: tokens / seconds,
        ...(evalLoss === undefined ? {} : { evalLoss }),
      });
      if (trainer.steps % warningInterval(steps) === 0 || trainer.steps === steps) warn();
      const minutes = (performance.now() - lastSaved) / 60_000;
      const due = options.checkpointSteps
        ? trainer.steps % options.checkpointSteps === 0
        : minutes >= options.checkpointMinutes;
      if (due && trainer.steps < steps) {
        await save();
        lastSaved = performance.now();
      }
    }
  } catch (error) {
    if (signal?.aborted && error === signal.reason) await save();
    throw error;
  }
  const best = bestOf(progress.evaluations);
  if (!decides || options.keep === 'last' || !best) return { progress, kept: trainer.steps };
  if (best.step !== trainer.steps) await loadBest(folder, trainer, best.step);
  return { progress, kept: best.step };
}
