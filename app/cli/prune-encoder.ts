/** Pruning an encoder: how it classifies, or how near its vectors stay, before, after and once it has learnt again. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { recordReport } from '../models/lineage.ts';
import { type Model, openModel } from '../models/model.ts';
import { modelSize } from '../models/size.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { classify, scored } from '../techniques/distill/classify.ts';
import { type ClassifierScore, distillClassifier, labelsOf } from '../techniques/distill/distill-classifier.ts';
import { distillEncoder } from '../techniques/distill/distill-encoder.ts';
import { distillSchema } from '../techniques/distill/schema.ts';
import { pruneAndRecover, type Recovered } from '../techniques/prune/prune-and-recover.ts';
import type { PruneOptions } from '../techniques/prune/schema.ts';
import { type LabelledText, readLabelled } from '../techniques/transfer/labelled-rows.ts';
import { splitByClass } from '../techniques/transfer/stratified-split.ts';
import { CALIBRATION_TEXT, calibrationSequences, EVALUATION_TEXT } from './calibration-data.ts';
import type { CommandContext } from './command.ts';
import { type CosineReport, cosineWith } from './encoder-cosine.ts';
import { encoderTexts } from './encoder-texts.ts';
import { watchDistillation } from './training-watch.ts';

export interface EncoderData {
  /** Labelled rows of a classifier; texts for an encoder. */
  readonly file?: string;
  readonly format?: string;
  readonly text: string;
  readonly label: string;
}

/** The `accuracy` of a classifier, or the `cosine` of an encoder's vectors with the whole one's. */
export type EncoderReport = ClassifierScore | CosineReport;

/** What the two may have. */
export const scoreOf = (report: EncoderReport): number => ('accuracy' in report ? report.accuracy : report.cosine);

/** Share of the rows that accuracy is measured on, and that nothing learns. */
const HELD_OUT = 0.2;
const LONGEST = 128;
const WINDOWS = 32;
/** Peak learning rate towards the whole encoder's states. */
const STATES_RATE = 3e-4;

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

/** Share of the lost accuracy, or of the lost nearness, that came back; nothing where none was lost. */
function regained(
  before: EncoderReport,
  pruned?: EncoderReport,
  after?: EncoderReport,
): { readonly regained?: number } {
  if (!pruned || !after) return {};
  const [from, low, to] = [before, pruned, after].map(scoreOf);
  return low < from ? { regained: (to - low) / (from - low) } : {};
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
  const whole = Int32Array.from(sequence);
  const windows = Array.from({ length: count }, (_, i) => whole.subarray(i * length, (i + 1) * length));
  return cosineWith(model, windows, { threads, signal });
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
  const bare = whole.task.kind === 'hidden-states';
  if (recover === 'lora' || (bare && recover === 'full') || (!bare && file === undefined)) {
    throw new UserError(
      'arguments/incompatible',
      bare
        ? 'a bare encoder recovers towards the states of the whole one: --recover distill'
        : 'a classifier recovers on labelled rows: --data with texts and labels, --recover distill or full',
    );
  }
  const alpha = recover === 'distill' ? 0.5 : 0;
  const learningRate = recoverLearningRate ?? (bare ? STATES_RATE : 5e-5);
  const maxLength = Math.min(LONGEST, recoverLength);
  const settings = distillSchema.parse({ steps, alpha, learningRate, batchSize: 16, maxLength });
  if (bare || file === undefined) {
    const from = data.file ?? CALIBRATION_TEXT;
    const texts = await encoderTexts(from, data.format, data.text);
    const ids = encodeTexts(await loadTokenizer(whole.folder), texts, Math.min(maxLength, whole.config.maxLength));
    return distillEncoder(whole, pruned, { ids, file: from }, out, settings, { ...training, threads, signal });
  }
  const source = { file, columns: { text: data.text, label: data.label }, heldOut: HELD_OUT };
  const cache = { among: join(home, 'cache', 'teachers') };
  return distillClassifier(whole, pruned, source, out, settings, { ...training, threads, signal, cache });
}
