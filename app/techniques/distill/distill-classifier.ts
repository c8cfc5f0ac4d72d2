/** Distillation of classifiers: the student learns how sure its teacher is of every class of every text. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { argmax } from '../../generate/argmax.ts';
import { encodeTexts } from '../../models/encode-texts.ts';
import { buildDistillationGraph } from '../../models/graphs/distillation-graph.ts';
import { type Model, openModel } from '../../models/model.ts';
import { modelSize } from '../../models/size.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { float32 } from '../../tensor/tensor.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { batchingOf, classify, scored } from './classify.ts';
import type { CacheReport, DistillContext } from './distill.ts';
import { matchOf } from './match.ts';
import { recordBytes, writeRecord } from './records.ts';
import { assertSameTokens } from './same-tokens.ts';
import type { DistillOptions } from './schema.ts';
import { readTaught, type TaughtData, type TaughtText } from './taught-texts.ts';
import { cacheName, TeacherCache } from './teacher-cache.ts';
import { teacherHash } from './teacher-hash.ts';
import { textBatches } from './text-batches.ts';
import { type StudentResult, trainStudent } from './train-student.ts';

export interface ClassifierScore {
  readonly metric: 'accuracy';
  readonly accuracy: number;
  readonly macroF1: number;
  readonly sizeBytes: number;
  /** Of the texts measured on, many at once. */
  readonly textsPerSecond: number;
}

export interface ClassifierResult extends StudentResult {
  readonly cache: CacheReport;
  readonly labels: readonly string[];
  readonly trainRows: number;
  /** Of them without a class, which the teacher's likeliest stands for. */
  readonly unlabelledRows: number;
  readonly testRows: number;
  /** Rows that were left out. */
  readonly problems: readonly RowProblem[];
  readonly teacher: ClassifierScore;
  readonly before: ClassifierScore;
  readonly after: ClassifierScore;
}

/** Passes over the measured texts, of which the fastest counts. */
const TIMED_PASSES = 3;

/** @throws UserError dataset/*, arguments/incompatible, distill/*, training/diverged, disk/full, file/* */
export async function distillClassifier(
  teacher: Model,
  student: Model,
  data: TaughtData,
  out: string,
  options: DistillOptions,
  context: DistillContext,
): Promise<ClassifierResult> {
  await assertReplaceable(out);
  if (teacher.task.kind !== 'classification' || teacher.task.problem !== 'single') {
    throw new UserError('arguments/incompatible', 'only classifiers that name one class of each text can teach yet');
  }
  if (options.method !== 'logits') {
    throw new UserError('arguments/incompatible', `classifiers write nothing: not with --method ${options.method}`);
  }
  const labels = labelsOf(teacher);
  if (student.task.kind !== 'classification' || student.task.labels !== labels.length) {
    throw new UserError(
      'arguments/incompatible',
      `the student is no classifier of ${labels.length} classes as its teacher is`,
    );
  }
  const { train, test, problems } = await readTaught(data, labels, options.seed);
  const classesOf = (rows: readonly TaughtText[]) =>
    rows.map(({ label }) => (label === undefined ? NONE : labels.indexOf(label)));
  const idsOf = async (model: Model, rows: readonly TaughtText[]) => {
    const texts = rows.map(({ text }) => text);
    return encodeTexts(await loadTokenizer(model.folder), texts, Math.min(options.maxLength, model.config.maxLength));
  };
  const { threads, signal } = context;
  const measure = async (model: Model): Promise<ClassifierScore> => {
    const texts = await idsOf(model, test);
    const { probabilities, seconds } = await classify(model, texts, { threads, signal, passes: TIMED_PASSES });
    const sizeBytes = await modelSize(model.folder);
    return { ...scored(probabilities, classesOf(test), labels), sizeBytes, textsPerSecond: test.length / seconds };
  };
  const match = matchOf(teacher, student, options);
  // Layers can only be compared where the two read the same tokens.
  if (match) await assertSameTokens(teacher, student);
  const teachers = await measure(teacher);
  const before = await measure(student);
  const classes = classesOf(train);
  const heard = await idsOf(teacher, train);
  const signatures = heard.map((ids, i) => signatureOf(ids, classes[i]));
  const hash = await teacherHash(teacher);
  const { cache, report } = await cacheOf(teacher, hash, heard, signatures, labels.length, options, context);
  try {
    const said = await cache.read(0, train.length);
    const texts = await idsOf(student, train);
    const saidOf = (row: number) => {
      if (said.signatures[row] !== signatures[row]) {
        throw new UserError('distill/misaligned', `the teacher read another text than the student in row ${row + 1}`);
      }
      return said.probabilities.subarray(row * labels.length, (row + 1) * labels.length);
    };
    const learnt = classes.map((own, row) => (own === NONE ? argmax(saidOf(row)) : own));
    const source = textBatches(texts, options, (rows) => {
      const labelled = rows.map((row) => ({ ids: texts[row], label: learnt[row] }));
      const batch = makeLabelBatch(labelled, batchingOf(student));
      const words = rows.flatMap((row) => Array.from(saidOf(row)));
      return { ...batch, inputs: { ...batch.inputs, teacher: float32([rows.length, labels.length], words) } };
    });
    const { temperature, alpha, divergence, beta, checkpointing } = options;
    const graph = buildDistillationGraph(student, {
      maxLength: source.maxLength,
      trains: () => true,
      checkpointing,
      recomputeAttention: true,
      temperature,
      alpha,
      divergence,
      beta,
      match,
    });
    const lesson = {
      graph,
      source: () => source,
      data: { tokens: data.file },
      recorded: { heldOut: data.evaluation ? 0 : data.heldOut },
      teacher: { folder: teacher.folder, hash },
      beside: teacher,
    };
    const trained = await trainStudent(student, lesson, out, options, context);
    const after = await measure(await openModel(trained.model));
    const unlabelledRows = classes.filter((own) => own === NONE).length;
    const counts = { labels, trainRows: train.length, unlabelledRows, testRows: test.length };
    return { ...trained, ...counts, problems, cache: report, teacher: teachers, before, after };
  } finally {
    await cache.close();
  }
}

/** In the place of a class: the row has none. */
const NONE = -1;

/** Names of a classifier's classes in the order of its logits. @throws UserError model/bad-config */
export function labelsOf({ configJson, task, folder }: Model): string[] {
  const names = configJson.id2label;
  const count = task.kind === 'classification' ? task.labels : 0;
  const labels = Array.from({ length: count }, (_, i) => (names as Record<string, unknown> | undefined)?.[String(i)]);
  if (labels.every((label) => typeof label === 'string')) return labels;
  throw new UserError('model/bad-config', `${folder} does not name its ${count} classes`);
}

/** 32 bits (FNV-1a) of a text as the teacher reads it and of its class. */
function signatureOf(ids: Int32Array, label: number): number {
  let hash = 0x811c9dc5;
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193);
  return Math.imul(hash ^ (label + 0x9e3779b9), 0x01000193) >>> 0;
}

async function cacheOf(
  teacher: Model,
  hash: string,
  texts: readonly Int32Array[],
  signatures: readonly number[],
  labels: number,
  { temperature }: DistillOptions,
  { cache: place, threads, signal, onTeacher }: DistillContext,
): Promise<{ cache: TeacherCache; report: CacheReport }> {
  const data = createHash('sha256').update(`texts ${texts.length} `).update(Uint32Array.from(signatures)).digest('hex');
  const key = { teacher: hash, data, temperature, topK: 'all' as const };
  const folder = 'folder' in place ? place.folder : join(place.among, cacheName(key));
  const begin = performance.now();
  const found = await TeacherCache.open(folder, key);
  if (!found) {
    const onText = (done: number) => onTeacher?.(done, texts.length);
    const { probabilities } = await classify(teacher, texts, { threads, signal, temperature, onText });
    await TeacherCache.write(folder, async (append) => {
      const layout = { vocabulary: labels };
      const bytes = new Uint8Array(texts.length * recordBytes(layout));
      const view = new DataView(bytes.buffer);
      for (const [row, signature] of signatures.entries()) {
        const said = probabilities.subarray(row * labels, (row + 1) * labels);
        writeRecord(view, row * recordBytes(layout), layout, signature, said);
      }
      await append(bytes);
      return { ...key, vocabulary: labels, predictions: texts.length, massLost: { mean: 0, max: 0 } };
    });
  }
  const cache = found ?? (await TeacherCache.open(folder, key));
  if (!cache) throw new UserError('weights/truncated', `the cache in ${folder} changed while it was written`);
  const { predictions, massLost } = cache.note;
  const seconds = (performance.now() - begin) / 1000;
  return {
    cache,
    report: { folder: cache.folder, hit: found !== undefined, predictions, bytes: cache.bytes, massLost, seconds },
  };
}
