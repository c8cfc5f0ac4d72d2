/** Distillation: a student learns what its teacher thinks comes next, from what the teacher said once. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { TokensFile } from '../../datasets/index.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { assertContinues } from '../../models/architectures/index.ts';
import { AGREEMENT, buildDistillationGraph } from '../../models/graphs/distillation-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { namedOptimiser } from '../../tensor/optimisers/named.ts';
import { type Progress, removeCheckpoint } from '../finetune/checkpoint.ts';
import { checkpointFolder, type LoopContext, train } from '../finetune/loop.ts';
import { openSource, type TrainingData } from '../finetune/open-source.ts';
import { identifyRun } from '../finetune/run-identity.ts';
import { Trainer } from '../finetune/trainer.ts';
import { type Examples, fileExamples, PredictionIndex, storeExamples } from './examples.ts';
import { runTeacher } from './run-teacher.ts';
import type { DistillOptions } from './schema.ts';
import { taughtSource } from './source.ts';
import { type CacheKey, cacheName, TeacherCache } from './teacher-cache.ts';

export interface DistillContext extends LoopContext {
  readonly threads?: number;
  /** The folder of this run's cache, or one in which it gets a folder of its own. */
  readonly cache: { readonly folder: string } | { readonly among: string };
  /** The teacher has said this many of all predictions. */
  readonly onTeacher?: (done: number, total: number) => void;
}

export interface CacheReport {
  readonly folder: string;
  /** Whether it was there already. */
  readonly hit: boolean;
  readonly predictions: number;
  readonly bytes: number;
  /** How many of the likeliest tokens are kept; absent: all. */
  readonly topK?: number;
  readonly massLost: { readonly mean: number; readonly max: number };
  /** Of the teacher's run, or of the check of what was there. */
  readonly seconds: number;
}

export interface DistillResult extends Progress {
  readonly steps: number;
  readonly tokensPerSecond: number;
  readonly supervisedTokensPerSecond: number;
  /** Share of the last steps' predictions in which the student's likeliest token is the teacher's. */
  readonly agreement: number;
  readonly cache: CacheReport;
  readonly model: string;
}

/** Steps that the agreement at the end is the mean of. */
const LAST_STEPS = 10;

/**
 * @throws UserError distill/*, training/diverged, checkpoint/other-run, arguments/*, disk/full, file/*
 */
export async function distill(
  teacher: Model,
  student: Model,
  data: TrainingData,
  out: string,
  options: DistillOptions,
  context: DistillContext,
): Promise<DistillResult> {
  await assertReplaceable(out);
  assertContinues(teacher);
  assertContinues(student);
  if (teacher.config.vocabulary !== student.config.vocabulary) {
    throw new UserError(
      'distill/other-tokenizer',
      `the teacher knows ${teacher.config.vocabulary} tokens and the student ${student.config.vocabulary}, so what one says of a token says nothing of the other's`,
    );
  }
  const plain = await openSource(student, data, options);
  if (plain.maxLength > teacher.config.maxLength) {
    throw new UserError(
      'arguments/invalid',
      `rows of ${plain.maxLength} tokens exceed the teacher's ${teacher.config.maxLength}`,
    );
  }
  const examples = await examplesOf(data, options.maxLength);
  const index = await PredictionIndex.of(examples);
  const { cache, report } = await teacherCache(teacher, examples, index, options, context);
  try {
    const { temperature, alpha, divergence, beta, checkpointing } = options;
    const graph = buildDistillationGraph(student, {
      maxLength: plain.maxLength,
      trains: () => true,
      checkpointing,
      recomputeAttention: true,
      unpadded: true,
      temperature,
      alpha,
      divergence,
      beta,
      topK: cache.layout.topK,
    });
    const optimiser = namedOptimiser(options.optimizer, options);
    const trainer = await Trainer.open(graph, (name) => readFloats(student.weights.get(name)!), {
      threads: context.threads,
      accumulate: options.accumulate,
      maxGradientNorm: options.maxGradNorm,
      seed: options.seed,
      optimiser,
    });
    try {
      const source = taughtSource(plain, cache, index);
      const steps = options.steps ?? source.steps(options.epochs);
      const identity = { ...(await identifyRun(student, data, options)), teacher: cache.note.teacher };
      const agreements: number[] = [];
      const folder = checkpointFolder(out);
      const settings = { ...options, method: 'full', evalSteps: 0, keep: 'last', patience: 0 } as const;
      const run = { trainer, optimiser, source, steps, identity, folder, options: settings };
      const { progress } = await train(run, {
        ...context,
        onStep(step) {
          agreements.push(step.measured[AGREEMENT]);
          context.onStep?.(step);
        },
      });
      trainer.dispose();
      await writeModelFolder(out, student, {
        step: nextStep('distill', {
          ...options,
          teacher: teacher.folder,
          data: resolve('tokens' in data ? data.tokens : data.path),
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
        agreement: last.reduce((sum, share) => sum + share, 0) / last.length,
        cache: report,
        model: resolve(out),
      };
    } finally {
      trainer.dispose();
    }
  } finally {
    await cache.close();
  }
}

async function examplesOf(data: TrainingData, maxLength: number): Promise<Examples> {
  return 'tokens' in data ? fileExamples(await TokensFile.open(data.tokens)) : storeExamples(data.store, maxLength);
}

/** The cache of what the teacher says, made where it is not there or damaged. */
async function teacherCache(
  teacher: Model,
  examples: Examples,
  index: PredictionIndex,
  { temperature, topK }: DistillOptions,
  { cache: place, threads, signal, onTeacher }: DistillContext,
): Promise<{ cache: TeacherCache; report: CacheReport }> {
  const key: CacheKey = { teacher: await weightsHash(teacher), data: index.hash, temperature, topK };
  const folder = 'folder' in place ? place.folder : join(place.among, cacheName(key));
  const begin = performance.now();
  const found = await TeacherCache.open(folder, key);
  if (!found) await runTeacher(teacher, examples, index, folder, key, { threads, signal, onProgress: onTeacher });
  const cache = found ?? (await TeacherCache.open(folder, key));
  if (!cache) throw new UserError('weights/truncated', `the cache in ${folder} changed while it was written`);
  const { predictions, kept, massLost } = cache.note;
  const seconds = (performance.now() - begin) / 1000;
  const report = { folder: cache.folder, hit: found !== undefined, predictions, bytes: cache.bytes, massLost, seconds };
  return { cache, report: kept === undefined ? report : { ...report, topK: kept } };
}

/** Of all bytes of the weights and of the configuration. */
async function weightsHash(model: Model): Promise<string> {
  const hash = createHash('sha256').update(`teacher 1 ${model.architecture.name} ${JSON.stringify(model.configJson)}`);
  for (const file of new Set([...model.weights.values()].map((constant) => constant.file))) {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
