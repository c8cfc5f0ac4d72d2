/** Distillation: a student learns what its teacher thinks comes next, from what the teacher said once. */
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { TokensFile } from '../../datasets/index.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { buildDistillationGraph } from '../../models/graphs/distillation-graph.ts';
import type { Model } from '../../models/model.ts';
import { assertRowsFit, batchMaker, isUnpadded, openSource, type TrainingData } from '../finetune/open-source.ts';
import { assertCanTeach } from './can-teach.ts';
import { type Examples, fileExamples, PredictionIndex, storeExamples } from './examples.ts';
import { matchOf } from './match.ts';
import { runTeacher } from './run-teacher.ts';
import type { DistillOptions } from './schema.ts';
import { taughtSource } from './source.ts';
import { type CacheKey, cacheName, TeacherCache } from './teacher-cache.ts';
import { teacherHash } from './teacher-hash.ts';
import { type StudentContext, type StudentResult, trainStudent } from './train-student.ts';

export interface DistillContext extends StudentContext {
  readonly cache: CachePlace;
  /** The teacher has said this many of all predictions. */
  readonly onTeacher?: (done: number, total: number) => void;
}

/** The folder of this run's cache, or one in which it gets a folder of its own. */
export type CachePlace = { readonly folder: string } | { readonly among: string };

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

export interface DistillResult extends StudentResult {
  readonly cache: CacheReport;
}

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
  await assertCanTeach(teacher, student, { ...options, method: 'logits' });
  const plain = await openSource(student, data, options);
  assertRowsFit(plain.maxLength, teacher, { whose: 'teacher', cut: !('tokens' in data) });
  const match = matchOf(teacher, student, options);
  const hash = await teacherHash(teacher);
  const examples = await examplesOf(teacher, data, options.maxLength);
  const index = await PredictionIndex.of(examples);
  const { cache, report } = await teacherCache(teacher, hash, examples, index, options, context);
  try {
    const { temperature, alpha, divergence, beta, checkpointing } = options;
    const graph = buildDistillationGraph(student, {
      maxLength: plain.maxLength,
      trains: () => true,
      checkpointing,
      recomputeAttention: true,
      unpadded: isUnpadded(student),
      temperature,
      alpha,
      divergence,
      beta,
      topK: cache.layout.topK,
      match,
    });
    const source = () => taughtSource(plain, cache, index);
    const lesson = { graph, source, data, teacher: { folder: teacher.folder, hash }, beside: teacher };
    return { ...(await trainStudent(student, lesson, out, options, context)), cache: report };
  } finally {
    await cache.close();
  }
}

async function examplesOf(teacher: Model, data: TrainingData, maxLength: number): Promise<Examples> {
  const make = batchMaker(teacher, data);
  if ('tokens' in data) return fileExamples(await TokensFile.open(data.tokens), make);
  // Input and answer lie behind one another and are each as long as a row may be.
  const sides = teacher.architecture.kind === 'encoder-decoder' ? 2 : 1;
  return storeExamples(data.store, sides * maxLength, make);
}

/** The cache of what the teacher says, made where it is not there or damaged. */
async function teacherCache(
  teacher: Model,
  hash: string,
  examples: Examples,
  index: PredictionIndex,
  { temperature, topK }: DistillOptions,
  { cache: place, threads, signal, onTeacher }: DistillContext,
): Promise<{ cache: TeacherCache; report: CacheReport }> {
  const key: CacheKey = { teacher: hash, data: index.hash, temperature, topK };
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
