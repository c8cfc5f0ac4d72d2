/** Fine-tuning a decoder on a data set: every weight, or low-rank adapters on its linear layers. */
import { assertReplaceable } from '../../files/atomic.ts';
import { buildForwardGraph } from '../../models/graphs/forward-graph.ts';
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import { buildValidationGraph } from '../../models/graphs/validation-graph.ts';
import type { Model } from '../../models/model.ts';
import { adafactor } from '../../tensor/optimisers/adafactor.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { sgd } from '../../tensor/optimisers/sgd.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { type Progress, removeCheckpoint } from './checkpoint.ts';
import { bestOf, type Evaluation } from './early-stopping.ts';
import { affordableTokens, LiveAnswers } from './live-answers.ts';
import { checkpointFolder, type LoopContext, train } from './loop.ts';
import { openSource, type TrainingData } from './open-source.ts';
import { identifyRun } from './run-identity.ts';
import type { FinetuneOptions } from './schema.ts';
import { initialValues, selectTrained } from './selection.ts';
import { Trainer } from './trainer.ts';
import { Validation } from './validation.ts';
import { type TrainingWarning, trainingWarnings } from './warnings.ts';
import { writeResult } from './write-result.ts';

export interface FinetuneContext extends LoopContext {
  readonly threads?: number;
  /** Rows kept apart: their loss is measured while training goes on, and says which weights are written. */
  readonly validation?: TrainingData;
  /** Prompts that the model answers now and then while it is trained. */
  readonly samples?: SampleRequest;
}

export interface SampleRequest {
  /** Token ids of each. */
  readonly prompts: readonly (readonly number[])[];
  /** Ids that end an answer. */
  readonly stopIds: readonly number[];
  /** Of an answer; fewer where more would take too long beside the training. */
  readonly maxTokens: number;
  readonly onAnswers: (step: number, answers: readonly (readonly number[])[]) => void;
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
  /** Seconds of training steps, without reading and writing. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly supervisedTokensPerSecond: number;
  readonly model: string;
  readonly adapter?: string;
}

function makeOptimiser({ optimizer, weightDecay }: FinetuneOptions): Optimiser {
  const make = { adamw, adafactor, sgd }[optimizer];
  return make({ weightDecay });
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
  const source = await openSource(model, data, options);
  const selection = await selectTrained(model, options);
  const unpadded = model.task.kind === 'next-token' && model.architecture.kind !== 'encoder-decoder';
  const graph = buildTrainingGraph(model, {
    maxLength: source.maxLength,
    adapters: selection.modules,
    trains: selection.trains,
    checkpointing: options.checkpointing,
    // Trained weights take four times their memory, so the rest has to be lean.
    recomputeAttention: selection.modules === undefined,
    unpadded,
  });
  const optimiser = makeOptimiser(options);
  const trainer = await Trainer.open(graph, initialValues(model, selection, graph.trained, options.seed), {
    threads: context.threads,
    accumulate: options.accumulate,
    maxGradientNorm: options.maxGradNorm,
    seed: options.seed,
    optimiser,
  });
  let validation: Validation | undefined;
  let answers: LiveAnswers | undefined;
  try {
    if (context.validation && options.evalSteps !== 0) {
      const rows = await openSource(model, context.validation, { ...options, accumulate: 1, shuffle: false });
      const { modules: adapters } = selection;
      const measuring = buildValidationGraph(model, { maxLength: rows.maxLength, adapters, unpadded });
      validation = await Validation.open(measuring, rows, trainer, context.threads);
    }
    const steps = options.steps ?? source.steps(options.epochs);
    const identity = await identifyRun(model, data, options, context.validation);
    const folder = checkpointFolder(out);
    const { samples } = context;
    const atMilestone = async (step: number, trained: number): Promise<void> => {
      if (!samples || samples.prompts.length === 0) return;
      const longest = samples.prompts.reduce((most, { length }) => Math.max(most, length), 0) + samples.maxTokens;
      const forward = () => buildForwardGraph(model, { maxLength: longest, adapters: selection.modules });
      answers ??= await LiveAnswers.open(forward(), trainer, context.threads);
      const lengths = samples.prompts.map(({ length }) => length);
      const maxTokens = affordableTokens(lengths, trained, samples.maxTokens);
      const { signal } = context;
      samples.onAnswers(step, await answers.answer(samples.prompts, { ...samples, maxTokens, signal }));
    };
    const run = { trainer, optimiser, source, steps, identity, folder, options, validation, atMilestone };
    const { progress, kept } = await train(run, context);
    validation?.dispose();
    answers?.dispose();
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
      warnings: trainingWarnings({ ...progress, steps }),
      trainedParameters: graph.trained.reduce((n, { shape }) => n + sizeOf(shape), 0),
      tokensPerSecond: progress.tokens / progress.seconds,
      supervisedTokensPerSecond: progress.supervised / progress.seconds,
      ...written,
    };
  } finally {
    validation?.dispose();
    answers?.dispose();
    trainer.dispose();
  }
}
