/**
 * Transfer learning: a text classifier from a model that was trained for something else. The frozen layers run once over
 * all texts, the head learns on what they give; `full` then trains everything.
 */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { scoreClasses } from '../../evaluate/classification.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { encodeTexts } from '../../models/encode-texts.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { writeWholeModel } from '../../models/write-whole-onnx.ts';
import { removeCheckpoint } from '../finetune/checkpoint.ts';
import { runBaseline } from './baseline.ts';
import type { Choice, ChoiceRows } from './choose-head.ts';
import { openClassifier } from './classifier.ts';
import type { Epoch, TrainContext } from './epochs.ts';
import { arrayFeatures, type CachedFeatures, cachedFeatures, featureKey } from './feature-cache.ts';
import { openScorer } from './head-scorer.ts';
import { type Columns, type LabelledText, readLabelled } from './labelled-rows.ts';
import type { TransferOptions } from './schema.ts';
import { splitByClass } from './stratified-split.ts';
import { rowsOf, trainBy } from './train.ts';
import { type ClassifierReport, reportClassifier } from './transfer-report.ts';
import { runTrunk } from './trunk.ts';
import { headValues } from './weight-values.ts';

export interface TransferData {
  readonly file: string;
  readonly columns: Columns;
  /** Measure on this file instead of held-out rows. */
  readonly evaluation?: string;
}

export interface TransferContext extends TrainContext {
  /** Continue a full tuning from the checkpoint beside the output folder. */
  readonly resume?: boolean;
  /** Folder in which the vectors of frozen layers are kept. */
  readonly cacheFolder: string;
  /** Work that takes a while: what it is, how much is done of how much. */
  readonly onProgress?: (what: 'encoding' | 'training', done: number, total: number) => void;
}

export interface BaselineReport {
  readonly method: string;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly seconds: number;
  readonly rows: number;
  readonly terms: number;
}

export interface TransferResult extends ClassifierReport {
  readonly method: TransferOptions['method'];
  readonly labels: readonly string[];
  readonly trainRows: number;
  readonly testRows: number;
  /** Rows of each class in training. */
  readonly classCounts: Readonly<Record<string, number>>;
  readonly epochs: readonly Epoch[];
  /** Epochs of the head alone that came before, for `full`. */
  readonly headEpochs: readonly Epoch[];
  readonly baseline: BaselineReport;
  /** Always saying the most frequent class. */
  readonly majority: { readonly accuracy: number; readonly macroF1: number };
  readonly cache: Omit<CachedFeatures, 'features'> & { readonly seconds: number };
  /** How epochs and learning rate of a head were found; absent where they were given. */
  readonly choice?: Choice;
  /** Texts longer than what the model reads of them. */
  readonly cutRows: number;
  readonly trainedParameters: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly model: string;
  readonly onnx: string;
}

/**
 * Trains and writes `out`: a folder in transformers' form (`…ForSequenceClassification`) and the same as ONNX.
 * @throws UserError dataset/*, model/*, training/diverged, checkpoint/other-run, disk/full, file/*
 */
export async function transfer(
  folder: string,
  data: TransferData,
  out: string,
  options: TransferOptions,
  context: TransferContext,
): Promise<TransferResult> {
  await assertReplaceable(out);
  const read = await readLabelled(data.file, data.columns);
  const { train, test } = data.evaluation
    ? { train: read.rows, test: (await readLabelled(data.evaluation, data.columns, read.labels)).rows }
    : splitByClass(read.rows, options.heldOut, options.seed);
  if (test.length === 0) throw new UserError('dataset/empty', `${data.file} has no rows left to measure on`);
  const tokenizer = await loadTokenizer(folder);
  const classifier = await openClassifier(folder, read.labels, tokenizer, options);
  const { model, labels } = classifier;
  const maxLength = Math.min(options.maxLength, model.config.maxLength);
  let cut = 0;
  const ids = encodeTexts(
    tokenizer,
    [...train, ...test].map(({ text }) => text),
    maxLength,
    () => cut++,
  );
  const classes = train.map(({ label }) => labels.indexOf(label));

  const begin = performance.now();
  const encode = (texts: readonly Int32Array[], values: ReturnType<typeof headValues>) =>
    runTrunk(model, texts, values, {
      threads: context.threads,
      signal: context.signal,
      onText: (done) => context.onProgress?.('encoding', done, texts.length),
    });
  const { width } = model.config;
  const frozen = await cachedFeatures(context.cacheFolder, {
    key: await featureKey(model),
    texts: ids,
    width,
    compute: (texts) => encode(texts, headValues(classifier)),
  });
  const { features, ...kept } = frozen;
  const cache = { ...kept, seconds: (performance.now() - begin) / 1000 };
  const rows = {
    features: rowsOf(features, 0, train.length),
    targets: classes,
    texts: classes.map((target, i) => ({ ids: ids[i], targets: [target] })),
    forChoice: choiceRows(train, options.seed),
  };
  const checkpoints = {
    folder: `${resolve(out)}.checkpoint`,
    run: await transferRun(model, ids, classes, options),
    resume: context.resume ?? false,
    seconds: 60 * options.checkpointMinutes,
  };
  const watched = { ...context, onProgress: context.onProgress && progressOf(context.onProgress) };
  const { values, epochs, headEpochs, choice } = await trainBy(classifier, rows, options, watched, checkpoints);
  const testFeatures =
    options.method === 'head'
      ? rowsOf(features, train.length, ids.length)
      : arrayFeatures(await encode(ids.slice(train.length), headValues(classifier, values)), width);
  const scorer = await openScorer(classifier, context.threads);
  const probabilities = await scorer.outputs(testFeatures, values).finally(() => scorer.dispose());
  features.dispose();
  const all = headValues(classifier, values);
  await writeModelFolder(out, model, {
    step: nextStep('transfer', { ...options, data: resolve(data.file), ...data.columns }),
    config: model.configJson,
    replaced: new Map([...classifier.fresh.keys(), ...values.keys()].map((name) => [name, () => all(name)])),
    also: async (temporary) => {
      await writeWholeModel(temporary, model, all);
    },
  });
  await removeCheckpoint(checkpoints.folder);
  return {
    ...reportClassifier(test, probabilities, labels),
    method: options.method,
    labels,
    trainRows: train.length,
    testRows: test.length,
    cutRows: cut,
    classCounts: Object.fromEntries(labels.map((label, c) => [label, classes.filter((k) => k === c).length])),
    epochs,
    headEpochs,
    choice,
    baseline: baselineOf(train, test, labels, options.seed),
    majority: majorityOf(classes, test, labels),
    cache,
    trainedParameters: [...values.values()].reduce((n, { length }) => n + length, 0),
    problems: read.problems,
    problemCount: read.problemCount,
    model: resolve(out),
    onnx: join(resolve(out), 'onnx', 'model.onnx'),
  };
}

const progressOf = (report: NonNullable<TransferContext['onProgress']>) => (done: number, total: number) =>
  report('training', done, total);

/** Share of the training rows by which epochs and learning rate are chosen, and how few rows are too few for that. */
const CHOICE_SHARE = 0.15;
const FEWEST_FOR_CHOICE = 100;

function choiceRows(train: readonly LabelledText[], seed: number): ChoiceRows {
  if (train.length < FEWEST_FOR_CHOICE) return { learnt: train.map((_, i) => i), judged: [] };
  const judged = new Set(splitByClass(train, CHOICE_SHARE, seed + 1).test);
  const rows = train.map((_, i) => i);
  return { learnt: rows.filter((i) => !judged.has(train[i])), judged: rows.filter((i) => judged.has(train[i])) };
}

/** What makes two runs the same: everything but how often checkpoints are written. */
async function transferRun(
  model: Model,
  ids: readonly Int32Array[],
  classes: readonly number[],
  { checkpointMinutes, ...options }: TransferOptions,
): Promise<Record<string, unknown>> {
  const hash = createHash('sha256');
  for (const text of ids) hash.update(`${text.length}:`).update(text);
  hash.update(classes.join());
  return { ...options, model: await featureKey(model), data: hash.digest('hex') };
}

function baselineOf(
  train: readonly LabelledText[],
  test: readonly LabelledText[],
  labels: readonly string[],
  seed: number,
): BaselineReport {
  const { predicted, ...rest } = runBaseline(train, test, labels, seed);
  return { method: 'TF-IDF and logistic regression', ...headline(test, predicted, labels), ...rest };
}

function majorityOf(classes: readonly number[], test: readonly LabelledText[], labels: readonly string[]) {
  const counts = labels.map((_, c) => classes.filter((k) => k === c).length);
  const most = counts.indexOf(Math.max(...counts));
  return headline(
    test,
    test.map(() => most),
    labels,
  );
}

function headline(test: readonly LabelledText[], predicted: readonly number[], labels: readonly string[]) {
  const truth = test.map(({ label }) => labels.indexOf(label));
  const { accuracy, macroF1 } = scoreClasses(truth, predicted, labels);
  return { accuracy, macroF1 };
}
