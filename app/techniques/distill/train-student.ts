/** Trains the student on whatever it is taught by, and writes it. */
import { resolve } from 'node:path';
import { AGREEMENT } from '../../models/graphs/distillation-graph.ts';
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import type { ParameterArena } from '../../tensor/optimisers/arena.ts';
import { namedOptimiser } from '../../tensor/optimisers/named.ts';
import { type Progress, removeCheckpoint } from '../finetune/checkpoint.ts';
import { checkpointFolder, type LoopContext, train } from '../finetune/loop.ts';
import type { TrainingData } from '../finetune/open-source.ts';
import { identifyRun } from '../finetune/run-identity.ts';
import type { StepSource } from '../finetune/source.ts';
import { Trainer } from '../finetune/trainer.ts';
import { firstValues } from './match.ts';
import type { DistillOptions } from './schema.ts';

export interface StudentContext extends LoopContext {
  readonly threads?: number;
  /** Called after every step with the new weights, which it may change. */
  readonly afterStep?: (arena: ParameterArena) => void;
}

export interface Lesson {
  readonly graph: TrainingGraph;
  /** @param trainer whose weights a source may look at */
  source(trainer: Trainer): StepSource;
  readonly data: TrainingData;
  /** Kept in the student's lineage beside the settings. */
  readonly recorded?: Readonly<Record<string, unknown>>;
  readonly teacher: { readonly folder: string; readonly hash: string };
  /** Whose layers are part of the graph. */
  readonly beside?: Model;
}

export interface StudentResult extends Progress {
  readonly steps: number;
  readonly tokensPerSecond: number;
  readonly supervisedTokensPerSecond: number;
  /** Share of the last steps' predictions in which the student's likeliest token is the teacher's, where both are known. */
  readonly agreement?: number;
  readonly model: string;
}

/** Steps that the agreement at the end is the mean of. */
const LAST_STEPS = 10;

/** @throws UserError training/diverged, checkpoint/other-run, disk/full, file/* */
export async function trainStudent(
  student: Model,
  { graph, source: sourceOf, data, recorded, teacher, beside = student }: Lesson,
  out: string,
  options: DistillOptions,
  context: StudentContext,
): Promise<StudentResult> {
  const optimiser = namedOptimiser(options.optimizer, options);
  const trainer = await Trainer.open(graph, firstValues(graph, student, beside, options.seed), {
    threads: context.threads,
    accumulate: options.accumulate,
    maxGradientNorm: options.maxGradNorm,
    seed: options.seed,
    optimiser,
    afterStep: context.afterStep,
  });
  try {
    const source = sourceOf(trainer);
    const steps = options.steps ?? source.steps(options.epochs);
    const identity = { ...(await identifyRun(student, data, options)), teacher: teacher.hash };
    const agreements: number[] = [];
    const folder = checkpointFolder(out);
    const settings = {
      ...options,
      method: 'full',
      objective: 'likelihood',
      evalSteps: 0,
      keep: 'last',
      patience: 0,
    } as const;
    const run = { trainer, optimiser, source, steps, identity, folder, options: settings };
    const { progress } = await train(run, {
      ...context,
      onStep(step) {
        if (AGREEMENT in step.measured) agreements.push(step.measured[AGREEMENT]);
        context.onStep?.(step);
      },
    });
    trainer.dispose();
    await writeModelFolder(out, student, {
      step: nextStep('distill', {
        ...options,
        teacher: teacher.folder,
        data: resolve('tokens' in data ? data.tokens : data.path),
        ...recorded,
      }),
      replaced: new Map(graph.trained.map(({ name }) => [name, () => trainer.arena.values(name)])),
    });
    await removeCheckpoint(folder);
    const last = agreements.slice(-LAST_STEPS);
    return {
      ...progress,
      steps,
      tokensPerSecond: progress.tokens / progress.seconds,
      supervisedTokensPerSecond: progress.supervised / progress.seconds,
      ...(last.length > 0 ? { agreement: last.reduce((sum, share) => sum + share, 0) / last.length } : {}),
      model: resolve(out),
    };
  } finally {
    trainer.dispose();
  }
}
