/** Pruning an encoder: how it classifies, or how near its vectors stay, before, after and once it has learnt again. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { rowCosines } from '../evaluate/embeddings.ts';
import { mean } from '../evaluate/statistics.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { recordReport } from '../models/lineage.ts';
import { type Model, openModel } from '../models/model.ts';
import { runModel } from '../models/score.ts';
import { modelSize } from '../models/size.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { classify, scored } from '../techniques/distill/classify.ts';
import { distillClassifier, labelsOf } from '../techniques/distill/distill-classifier.ts';
import { distillSchema } from '../techniques/distill/schema.ts';
import { pruneAndRecover, type Recovered } from '../techniques/prune/prune-and-recover.ts';
import type { PruneOptions } from '../techniques/prune/schema.ts';
import { type LabelledText, readLabelled } from '../techniques/transfer/labelled-rows.ts';
import { splitByClass } from '../techniques/transfer/stratified-split.ts';
import { int64 } from '../tensor/tensor.ts';
import { calibrationSequences, EVALUATION_TEXT } from './calibration-data.ts';
import type { CommandContext } from './command.ts';
import { watchDistillation } from './training-watch.ts';

export interface EncoderData {
  /** Labelled rows of a classifier; texts for an encoder. */
  readonly file?: string;
  readonly format?: string;
  readonly text: string;
  readonly label: string;
}

export interface EncoderReport {
  /** `accuracy` of a classifier, or `cosine` of an encoder's vectors with the whole one's. */
  readonly metric: 'accuracy' | 'cosine';
  readonly accuracy?: number;
  readonly macroF1?: number;
  readonly cosine?: number;
  readonly sizeBytes: number;
  /** Of a classifier, many at once. */
  readonly textsPerSecond?: number;
}

/** Share of the rows that accuracy is measured on, and that nothing learns. */
const HELD_OUT = 0.2;
const LONGEST = 128;
const WINDOWS = 32;

/** @throws UserError prune/*, dataset/*, arguments/incompatible, distill/* */
export async function pruneEncoder(
  model: Model,
  out: string,
  options: PruneOptions,
  data: EncoderData,
  context: CommandContext,
) {
  const { threads, signal } = context;
  const rows = await rowsOf(model, data);
  const measure = await measureOf(model, rows, context);
  const before = await measure(model);
  let pruned: EncoderReport | undefined;
  const watch = watchDistillation(context, false, 'texts');
  const result = await pruneAndRecover(model, out, options, {
    calibration: () => calibrationOf(model, rows, data, context),
    threads,
    signal,
    async onPruned(folder) {
      pruned = await measure(await openModel(folder));
    },
    recover: (cut, folder, steps) => relearn(model, cut, folder, options, steps, data, context, watch.training),
  });
  watch.end();
  const after = await measure(await openModel(result.model));
  await recordReport(result.model, { before, pruned, after });
  return {
    ...result,
    encoder: model.architecture.name,
    sizeBytesBefore: before.sizeBytes,
    sizeBytesAfter: after.sizeBytes,
    before,
    pruned,
    after,
    ...regained(before, pruned, after),
  };
}

export type PrunedEncoder = Awaited<ReturnType<typeof pruneEncoder>>;

/** Share of the lost accuracy that came back; nothing where none was lost. */
function regained(
  before: EncoderReport,
  pruned?: EncoderReport,
  after?: EncoderReport,
): { readonly regained?: number } {
  const [from, low, to] = [before.accuracy, pruned?.accuracy, after?.accuracy];
  if (from === undefined || low === undefined || to === undefined || low >= from) return {};
  return { regained: (to - low) / (from - low) };
}

const labelledFile = (model: Model, { file }: EncoderData): string | undefined =>
  model.task.kind === 'classification' ? file : undefined;

type Rows = Awaited<ReturnType<typeof rowsOf>>;

/** What a classifier is measured on and learns again from; undefined where texts alone are given. */
async function rowsOf(model: Model, data: EncoderData) {
  const file = labelledFile(model, data);
  if (file === undefined) return undefined;
  const { rows } = await readLabelled(file, { text: data.text, label: data.label }, labelsOf(model));
  return splitByClass(rows, HELD_OUT, 0);
}

async function calibrationOf(model: Model, rows: Rows, { file, format }: EncoderData, context: CommandContext) {
  return rows ? idsOf(model, rows.train) : calibrationSequences(model.folder, file, { format }, context);
}

const idsOf = async (model: Model, rows: readonly LabelledText[]) =>
  encodeTexts(
    await loadTokenizer(model.folder),
    rows.map(({ text }) => text),
    Math.min(LONGEST, model.config.maxLength),
  );

/** What measures a model that came of this one. */
async function measureOf(
  model: Model,
  rows: Rows,
  { threads, signal, ...context }: CommandContext,
): Promise<(candidate: Model) => Promise<EncoderReport>> {
  if (rows) {
    const labels = labelsOf(model);
    const classes = rows.test.map(({ label }) => labels.indexOf(label));
    const texts = await idsOf(model, rows.test);
    return async (candidate) => {
      const { probabilities, seconds } = await classify(candidate, texts, { threads, signal });
      const sizeBytes = await modelSize(candidate.folder);
      return { ...scored(probabilities, classes, labels), sizeBytes, textsPerSecond: texts.length / seconds };
    };
  }
  const [sequence] = await calibrationSequences(model.folder, EVALUATION_TEXT, {}, { threads, signal, ...context });
  const length = Math.min(LONGEST, model.config.maxLength, sequence.length);
  const count = Math.min(WINDOWS, Math.floor(sequence.length / length));
  const ids = int64([count, length], Array.from(sequence).slice(0, count * length));
  const vectorsOf = async (candidate: Model) => {
    const hidden = { ...candidate, task: { kind: 'hidden-states' } as const };
    const given = await runModel(hidden, { input_ids: ids }, { threads, signal });
    return meansOf(given.last_hidden_state.data as Float32Array, count, length, model.config.width);
  };
  const whole = await vectorsOf(model);
  return async (candidate) => {
    const cosines = rowCosines(whole, await vectorsOf(candidate), model.config.width);
    return { metric: 'cosine', cosine: mean(cosines), sizeBytes: await modelSize(candidate.folder) };
  };
}

/** Means over the tokens of each text. */
function meansOf(hidden: Float32Array, texts: number, length: number, width: number): Float32Array {
  const means = new Float32Array(texts * width);
  for (let t = 0; t < texts * length; t++) {
    const text = Math.floor(t / length);
    for (let i = 0; i < width; i++) means[text * width + i] += hidden[t * width + i] / length;
  }
  return means;
}

async function relearn(
  whole: Model,
  pruned: Model,
  out: string,
  { recover, recoverLearningRate, recoverLength }: PruneOptions,
  steps: number,
  data: EncoderData,
  { home, threads, signal }: CommandContext,
  training: object,
): Promise<Recovered> {
  const file = labelledFile(whole, data);
  if (file === undefined || recover === 'lora') {
    throw new UserError(
      'arguments/incompatible',
      'encoders recover as classifiers on labelled rows: --data with texts and labels, --recover distill or full',
    );
  }
  const alpha = recover === 'distill' ? 0.5 : 0;
  const learningRate = recoverLearningRate ?? 5e-5;
  const settings = distillSchema.parse({
    steps,
    alpha,
    learningRate,
    batchSize: 16,
    maxLength: Math.min(LONGEST, recoverLength),
  });
  const source = { file, columns: { text: data.text, label: data.label }, heldOut: HELD_OUT };
  const cache = { among: join(home, 'cache', 'teachers') };
  return distillClassifier(whole, pruned, source, out, settings, { ...training, threads, signal, cache });
}
