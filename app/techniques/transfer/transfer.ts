/**
 * Transfer learning: a text classifier from a model that was trained for something else. The frozen layers run once over
 * all texts, the head learns on what they give; `full` then trains everything.
 */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { writeWholeModel } from '../../models/write-whole-onnx.ts';
import { removeCheckpoint } from '../finetune/checkpoint.ts';
import type { Choice, ChoiceRows } from './choose-head.ts';
import { openClassifier } from './classifier.ts';
import { encodeRows, targetCount, vectorRows } from './encode-rows.ts';
import type { Epoch, TrainContext } from './epochs.ts';
import { arrayFeatures, type CachedFeatures, cachedFeatures, featureKey, pickFeatures } from './feature-cache.ts';
import { contrastClasses, type FewShotReport, plainFigures, shotsOf } from './few-shot.ts';
import { openScorer } from './head-scorer.ts';
import type { Columns } from './labelled-rows.ts';
import { type CurvePoint, curveOf } from './learning-curve.ts';
import { fromScale, scaleOf, toScale } from './number-scale.ts';
import type { Target } from './objective.ts';
import type { TransferOptions } from './schema.ts';
import type { ClassificationReport } from './tasks/classification.ts';
import { TASKS } from './tasks/index.ts';
import type { TaskRow, TransferTask } from './tasks/task.ts';
import { trainBy } from './train.ts';
import { runTrunk, startsOf } from './trunk.ts';
import { headValues, type Values } from './weight-values.ts';

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

/** What every task tells of a run, besides its own report. */
export interface TransferRun {
  readonly task: TransferOptions['task'];
  readonly method: TransferOptions['method'];
  readonly labels: readonly string[];
  readonly trainRows: number;
  readonly testRows: number;
  readonly epochs: readonly Epoch[];
  /** Epochs of the head alone that came before, for `full`. */
  readonly headEpochs: readonly Epoch[];
  readonly cache: Omit<CachedFeatures, 'features'> & { readonly seconds: number };
  /** How epochs and learning rate of a head were found; absent where they were given. */
  readonly choice?: Choice;
  /** Score on the test rows after learning from a part of the others, where it was asked for. */
  readonly learningCurve?: readonly CurvePoint[];
  /** What moving the classes' vectors did, where it was asked for. */
  readonly fewShot?: FewShotReport;
  /** Texts longer than what the model reads of them. */
  readonly cutRows: number;
  readonly trainedParameters: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly model: string;
  readonly onnx: string;
}

export type TransferResult<R = ClassificationReport> = TransferRun & R;

/**
 * Trains and writes `out`: a folder in transformers' form (`…ForSequenceClassification`) and the same as ONNX.
 * @throws UserError dataset/*, model/*, training/diverged, checkpoint/other-run, disk/full, file/*
 */
export async function transfer<R = ClassificationReport>(
  folder: string,
  data: TransferData,
  out: string,
  options: TransferOptions,
  context: TransferContext,
): Promise<TransferResult<R>> {
  // Its report is of its own type too; who asks for a task knows which.
  if (options.task === 'similarity') {
    const { transferSimilarity } = await import('./similarity.ts');
    return (await transferSimilarity(folder, data, out, options, context)) as TransferRun as TransferResult<R>;
  }
  await assertReplaceable(out);
  const task = TASKS[options.task];
  assertFewShot(options);
  const read = await task.read(data.file, data.columns);
  const parts = data.evaluation
    ? { train: read.rows, test: (await task.read(data.evaluation, data.columns, read.labels)).rows }
    : task.split(read.rows, options.heldOut, options.seed);
  const { test } = parts;
  const train = options.shots === undefined ? parts.train : shotsOf(parts.train, options.shots, options.seed);
  if (test.length === 0) throw new UserError('dataset/empty', `${data.file} has no rows left to measure on`);
  const tokenizer = await loadTokenizer(folder);
  const perToken = task.perToken ?? false;
  const { problemType } = task;
  const classifier = await openClassifier(folder, read.labels, tokenizer, { ...options, problemType, perToken });
  const { model, labels } = classifier;
  const maxLength = Math.min(options.maxLength, model.config.maxLength);
  let cut = 0;
  const encodeAll = (rows: readonly TaskRow[]) => encodeRows(tokenizer, rows, maxLength, () => cut++);
  const [learnt, measured] = [encodeAll(train), encodeAll(test)];
  const ids = [...learnt, ...measured].map((text) => text.ids);
  const given = learnt.flatMap((text) => text.targets);
  const scale =
    task.objective === 'regression'
      ? scaleOf(given as Float32Array[], classifier.head.includes(`${classifier.outputLayer}.bias`))
      : undefined;
  const targets = scale ? toScale(given as Float32Array[], scale) : given;

  const begin = performance.now();
  const encode = (texts: readonly Int32Array[], values: ReturnType<typeof headValues>) =>
    runTrunk(model, texts, values, {
      threads: context.threads,
      signal: context.signal,
      onText: (done) => context.onProgress?.('encoding', done, texts.length),
    });
  const { width } = model.config;
  const { features, ...kept } = await cachedFeatures(context.cacheFolder, {
    key: await featureKey(model, perToken ? 'tokens' : ''),
    texts: ids,
    width,
    vectorsOf: perToken ? ({ length }) => length : undefined,
    compute: (texts) => encode(texts, headValues(classifier)),
  });
  try {
    const cache = { ...kept, seconds: (performance.now() - begin) / 1000 };
    const watched = { ...context, onProgress: context.onProgress && progressOf(context.onProgress) };
    const moved = options.fewShot ? await contrastClasses(classifier, learnt, options, watched) : undefined;
    const body = moved && arrayFeatures(await encode(ids, headValues(classifier, moved.values)), width);
    const starts = startsOf(ids, perToken);
    const learntVectors = vectorRows(learnt, starts);
    const rows = {
      features: pickFeatures(body ?? features, learntVectors),
      targets,
      texts: scale ? learnt.map((text, i) => ({ ...text, targets: [targets[i]] })) : learnt,
      forChoice: choiceRows(task, train, options.seed),
    };
    const checkpoints = {
      folder: `${resolve(out)}.checkpoint`,
      run: await transferRun(model, ids, targets, options),
      resume: context.resume ?? false,
      seconds: 60 * options.checkpointMinutes,
    };
    // The curve of the pairs was shown; a head's would begin it anew.
    const quiet = { threads: context.threads, signal: context.signal };
    const trained = await trainBy(classifier, rows, options, moved ? quiet : watched, checkpoints);
    const { epochs, headEpochs, choice } = trained;
    const unscaled = (values: Values) => (scale ? fromScale(classifier, values, scale) : values);
    const values = new Map([...(moved?.values ?? []), ...(await unscaled(trained.values))]);
    const testVectors = vectorRows(measured, startsOf(ids.slice(learnt.length), perToken));
    const testRows = testVectors.map((row) => starts[learnt.length] + row);
    const frozenTest = pickFeatures(body ?? features, testRows);
    const tuned = async () =>
      arrayFeatures(await encode(ids.slice(learnt.length), headValues(classifier, values)), width);
    const testFeatures = options.method === 'head' ? frozenTest : pickFeatures(await tuned(), testVectors);
    const scorer = await openScorer(classifier, context.threads);
    const outputs = await scorer.outputs(testFeatures, values);
    const learningCurve =
      options.learningCurve && options.method === 'head'
        ? await curveOf(classifier, rows, trained, options, context, async (head) =>
            task.score(test, await scorer.outputs(frozenTest, await unscaled(head)), labels),
          )
        : undefined;
    const headOnly = async () => {
      const plain = { ...rows, features: pickFeatures(features, learntVectors) };
      const head = await trainBy(classifier, plain, options, quiet, checkpoints);
      return plainFigures(test, await scorer.outputs(pickFeatures(features, testRows), head.values), labels);
    };
    const fewShot = moved && {
      pairs: moved.pairs,
      loss: moved.epochs[0].loss,
      seconds: moved.epochs[0].seconds,
      headOnly: await headOnly(),
    };
    scorer.dispose();
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
    const run: TransferRun = {
      task: options.task,
      method: options.method,
      labels,
      trainRows: train.length,
      testRows: test.length,
      cutRows: cut,
      epochs,
      headEpochs,
      choice,
      learningCurve,
      fewShot,
      cache,
      trainedParameters: [...values.values()].reduce((n, { length }) => n + length, 0),
      problems: read.problems,
      problemCount: read.problemCount,
      model: resolve(out),
      onnx: join(resolve(out), 'onnx', 'model.onnx'),
    };
    // Each task's report is of its own type; who asks for a task knows which.
    return { ...(task.report({ train, test, outputs, labels, seed: options.seed }) as R), ...run };
  } finally {
    features.dispose();
  }
}

/** @throws UserError arguments/incompatible */
function assertFewShot({ task, method, fewShot, shots, learningCurve }: TransferOptions): void {
  const refuse = (why: string) => {
    throw new UserError('arguments/incompatible', why);
  };
  if ((fewShot || shots !== undefined) && task !== 'classification') refuse('few-shot learning is for classification');
  if (fewShot && method === 'full')
    refuse('few-shot learning trains a head on the model that was moved: leave out full');
  if (fewShot && learningCurve) refuse('few-shot learning has no learning curve: the model has seen all rows');
}

const progressOf = (report: NonNullable<TransferContext['onProgress']>) => (done: number, total: number) =>
  report('training', done, total);

/** Share of the training rows by which epochs and learning rate are chosen, and how few rows are too few for that. */
const CHOICE_SHARE = 0.15;
const FEWEST_FOR_CHOICE = 100;

/** Counted in targets: texts, or their words one after the other. */
function choiceRows(task: TransferTask, train: readonly TaskRow[], seed: number): ChoiceRows {
  const judged = train.length < FEWEST_FOR_CHOICE ? undefined : new Set(task.split(train, CHOICE_SHARE, seed + 1).test);
  const parts: { learnt: number[]; judged: number[] } = { learnt: [], judged: [] };
  let at = 0;
  for (const row of train) {
    const part = judged?.has(row) ? parts.judged : parts.learnt;
    for (let i = targetCount(row); i > 0; i--) part.push(at++);
  }
  return parts;
}

/** What makes two runs the same: everything but how often checkpoints are written. */
async function transferRun(
  model: Model,
  ids: readonly Int32Array[],
  targets: readonly Target[],
  { checkpointMinutes, ...options }: TransferOptions,
): Promise<Record<string, unknown>> {
  const hash = createHash('sha256');
  for (const text of ids) hash.update(`${text.length}:`).update(text);
  for (const target of targets) hash.update(`${String(target)};`);
  return { ...options, model: await featureKey(model), data: hash.digest('hex') };
}
