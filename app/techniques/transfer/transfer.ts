/**
 * Transfer learning: a text classifier from a model that was trained for something else. The frozen layers run once over
 * all texts, the head learns on what they give; `full` then trains everything.
 */
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { scoreClasses } from '../../evaluate/classification.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { nextStep } from '../../models/lineage.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { writeWholeModel } from '../../models/write-whole-onnx.ts';
import { runBaseline } from './baseline.ts';
import { type Classifier, openClassifier } from './classifier.ts';
import { encodeTexts } from './encode-texts.ts';
import { cachedFeatures, featureKey } from './feature-cache.ts';
import { type Columns, type LabelledText, readLabelled } from './labelled-rows.ts';
import type { TransferOptions } from './schema.ts';
import { splitByClass } from './stratified-split.ts';
import { trainFull } from './train-full.ts';
import { type Epoch, type EpochOptions, predictHead, type TrainContext, trainHead } from './train-head.ts';
import { type ClassifierReport, reportClassifier } from './transfer-report.ts';
import { runTrunk } from './trunk.ts';
import { headValues, type Values } from './weight-values.ts';

export interface TransferData {
  readonly file: string;
  readonly columns: Columns;
  /** Measure on this file instead of held-out rows. */
  readonly evaluation?: string;
}

export interface TransferContext extends TrainContext {
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
  readonly cache: {
    readonly hit: boolean;
    readonly seconds: number;
    readonly sizeBytes: number;
    readonly file: string;
  };
  readonly trainedParameters: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly model: string;
  readonly onnx: string;
}

const EPOCHS = { head: 10, full: 3 };
/** One layer learns fast and safely; several, or the model itself, do not. */
const LEARNING_RATE = { linear: 5e-3, head: 1e-3, full: 3e-5 };

/**
 * Trains and writes `out`: a folder in transformers' form (`…ForSequenceClassification`) and the same as ONNX.
 * @throws UserError dataset/*, model/*, training/diverged, disk/full, file/*
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
  const rows = [...train, ...test];
  const ids = encodeTexts(
    tokenizer,
    rows.map(({ text }) => text),
    maxLength,
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
  const frozen = await cachedFeatures(context.cacheFolder, await featureKey(model, ids), [rows.length, width], () =>
    encode(ids, headValues(classifier)),
  );
  const cache = {
    hit: frozen.hit,
    seconds: (performance.now() - begin) / 1000,
    sizeBytes: frozen.features.byteLength,
    file: frozen.file,
  };
  const { values, epochs, headEpochs, testFeatures } = await trainBy(
    classifier,
    { features: frozen.features, ids, classes },
    options,
    context,
    encode,
  );
  const probabilities = await predictHead(classifier, testFeatures, values, context.threads);
  const all = headValues(classifier, values);
  await writeModelFolder(out, model, {
    step: nextStep('transfer', { ...options, data: resolve(data.file), ...data.columns }),
    config: model.configJson,
    replaced: new Map([...classifier.fresh.keys(), ...values.keys()].map((name) => [name, () => all(name)])),
    also: async (temporary) => {
      await writeWholeModel(temporary, model, all);
    },
  });
  return {
    ...reportClassifier(test, probabilities, labels),
    method: options.method,
    labels,
    trainRows: train.length,
    testRows: test.length,
    classCounts: Object.fromEntries(labels.map((label, c) => [label, classes.filter((k) => k === c).length])),
    epochs,
    headEpochs,
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

interface Prepared {
  /** float32 [train and test texts, width] */
  readonly features: Float32Array;
  readonly ids: readonly Int32Array[];
  /** Of the training texts, which come first. */
  readonly classes: readonly number[];
}

interface Trained {
  readonly values: Values;
  readonly epochs: readonly Epoch[];
  readonly headEpochs: readonly Epoch[];
  /** What the trained layers make of the test texts. */
  readonly testFeatures: Float32Array;
}

async function trainBy(
  classifier: Classifier,
  { features, ids, classes }: Prepared,
  options: TransferOptions,
  context: TransferContext,
  encode: (texts: readonly Int32Array[], values: ReturnType<typeof headValues>) => Promise<Float32Array>,
): Promise<Trained> {
  const { method, batchSize, weightDecay, maxGradNorm, seed } = options;
  const epochs = options.epochs ?? EPOCHS[method];
  const headRate = classifier.linear ? LEARNING_RATE.linear : LEARNING_RATE.head;
  const learningRate = options.learningRate ?? (method === 'head' ? headRate : LEARNING_RATE.full);
  const common = { batchSize, weightDecay, maxGradNorm, seed };
  const own: EpochOptions = { ...common, epochs, learningRate };
  const steps = epochs * Math.ceil(classes.length / batchSize);
  const watched: TrainContext = {
    ...context,
    onStep(step) {
      context.onStep?.(step);
      context.onProgress?.('training', step.step, steps);
    },
  };
  const split = classes.length * classifier.model.config.width;
  const known = features.subarray(0, split);
  if (method === 'head') {
    const trained = await trainHead(classifier, known, classes, own, watched);
    return { ...trained, headEpochs: [], testFeatures: features.subarray(split) };
  }
  const first = { ...common, epochs: options.headEpochs, learningRate: options.headLearningRate ?? headRate };
  const head = await trainHead(classifier, known, classes, first, { threads: context.threads, signal: context.signal });
  const texts = ids.slice(0, classes.length);
  const trained = await trainFull(classifier, texts, classes, head.values, own, watched);
  const testFeatures = await encode(ids.slice(classes.length), headValues(classifier, trained.values));
  return { ...trained, headEpochs: head.epochs, testFeatures };
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
