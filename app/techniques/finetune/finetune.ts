/** Fine-tuning a decoder on a data set: every weight, or low-rank adapters on its linear layers. */
import { assertReplaceable } from '../../files/atomic.ts';
import { buildValidationGraph } from '../../models/graphs/validation-graph.ts';
import type { Model } from '../../models/model.ts';
import type { ParameterArena } from '../../tensor/optimisers/arena.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import type { GradientCheck } from './check-gradients.ts';
import { type Progress, removeCheckpoint } from './checkpoint.ts';
import { bestOf, type Evaluation } from './early-stopping.ts';
import { judgeReference, measuringShape } from './judge-reference.ts';
import { checkpointFolder, type LoopContext, train } from './loop.ts';
import { openPreferences, openSource, type TrainingData } from './open-source.ts';
import { openTraining } from './open-training.ts';
import { identifyRun } from './run-identity.ts';
import { type SampleRequest, Sampling } from './sampling.ts';
import type { FinetuneOptions } from './schema.ts';
import { Validation } from './validation.ts';
import { type TrainingWarning, trainingWarnings } from './warnings.ts';
import { writeResult } from './write-result.ts';

export interface FinetuneContext extends LoopContext {
  readonly threads?: number;
  /** Rows kept apart: their loss is measured while training goes on, and says which weights are written. */
  readonly validation?: TrainingData;
  /** Called after every step with the new weights, which it may change. */
  readonly afterStep?: (arena: ParameterArena) => void;
  /** Pairs of preferences that the model as it comes has judged, of all. */
  readonly onReference?: (done: number, all: number) => void;
  /** Prompts that the model answers now and then while it is trained. */
  readonly samples?: SampleRequest;
}

export interface FinetuneResult extends Omit<Progress, 'seconds'> {
  /** Steps done: fewer than were asked for where held-out rows ended the run. */
  readonly steps: number;
  /** Whether held-out rows ended it. */
  readonly stoppedEarly: boolean;
  /** The step whose weights were written. */
  readonly kept: number;
  /** The lowest loss on held-out rows. */
  readonly best?: Evaluation;
  /** What there is to say of the curves of the whole run. */
  readonly warnings: readonly TrainingWarning[];
  readonly trainedParameters: number;
  /** How far the gradients of a device were from the processor's, where one computed them. */
  readonly gradientCheck?: GradientCheck;
  /** Seconds of training steps, without reading and writing. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly supervisedTokensPerSecond: number;
  readonly model: string;
  readonly adapter?: string;
}

/**
 * Trains and writes `out` (a Hugging Face folder, adapters merged) and for LoRA `out/adapter` (a PEFT adapter).
 * @throws UserError training/diverged, checkpoint/other-run, arguments/*, disk/full, file/*
 */
export async function finetune(
  model: Model,
  data: TrainingData,
  out: string,
  options: FinetuneOptions,
  context: FinetuneContext = {},
): Promise<FinetuneResult> {
  await assertReplaceable(out);
  const { threads } = context;
  const training = await openTraining(model, data, options, threads, context.afterStep);
  const { source, selection, graph, trainer, optimiser } = training;
  const sampling = context.samples && new Sampling(model, training, context.samples, threads);
  const loss = training.preferences?.loss;
  const shape = { ...measuringShape(model, training), preferences: loss };
  let validation: Validation | undefined;
  try {
    const held = options.evalSteps === 0 ? undefined : context.validation;
    const settings = { ...options, accumulate: 1, shuffle: false };
    const heldPairs = held && loss && openPreferences(model, held, settings);
    if (held) {
      const rows = heldPairs ?? (await openSource(model, held, settings));
      const graph = buildValidationGraph(model, { ...shape, maxLength: rows.maxLength, device: trainer.device });
      validation = await Validation.open(graph, rows, trainer, threads);
    }
    const steps = options.steps ?? source.steps(options.epochs);
    await judgeReference(model, training, heldPairs, steps, { ...context, onProgress: context.onReference });
    const identity = await identifyRun(model, data, options, context.validation);
    const folder = checkpointFolder(out);
    const atMilestone = async (step: number, trained: number) => sampling?.at(step, trained, context.signal);
    const run = { trainer, optimiser, source, steps, identity, folder, options, validation, atMilestone };
    const { progress, kept } = await train(run, context);
    validation?.dispose();
    sampling?.dispose();
    // What is written is in the arena; frozen weights and the session's memory are free for the writing.
    trainer.dispose();
    const trained = { selection, weights: graph.trained, values: trainer.arena.values };
    const written = await writeResult(out, model, trained, data, options);
    await removeCheckpoint(folder);
    const best = bestOf(progress.evaluations);
    const done = progress.losses.length;
    return {
      ...progress,
      steps: done,
      kept,
      stoppedEarly: done < steps,
      ...(best ? { best } : {}),
      ...(training.gradientCheck ? { gradientCheck: training.gradientCheck } : {}),
      warnings: trainingWarnings({ ...progress, steps }),
      trainedParameters: graph.trained.reduce((n, { shape }) => n + sizeOf(shape), 0),
      tokensPerSecond: progress.tokens / progress.seconds,
      supervisedTokensPerSecond: progress.supervised / progress.seconds,
      ...written,
    };
  } finally {
    validation?.dispose();
    sampling?.dispose();
    trainer.dispose();
  }
}
