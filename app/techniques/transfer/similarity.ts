/** Sentence similarity: an encoder whose vectors of alike texts lie close together, learnt from pairs of texts. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { SimilarityScores } from '../../evaluate/embeddings.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { encodeTexts } from '../../models/encode-texts.ts';
import { nextStep } from '../../models/lineage.ts';
import { type Model, openModel } from '../../models/model.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { writeWholeModel } from '../../models/write-whole-onnx.ts';
import { removeCheckpoint } from '../finetune/checkpoint.ts';
import { byMean } from './classifier.ts';
import { trainContrast } from './contrast.ts';
import { arrayFeatures, cachedFeatures, type Features, featureKey } from './feature-cache.ts';
import { type PairedText, readPairs } from './paired-rows.ts';
import { FULL_EPOCHS, fullRate } from './rates.ts';
import type { TransferOptions } from './schema.ts';
import { writeSentenceFiles } from './sentence-folder.ts';
import type { Point } from './shown-rows.ts';
import {
  type HardPair,
  hardestPairs,
  MOST_RANKED,
  type PairVectors,
  pairBaseline,
  scoredPoints,
  scorePairs,
} from './similarity-report.ts';
import { splitTexts } from './stratified-split.ts';
import type { TransferContext, TransferData, TransferRun } from './transfer.ts';
import { runTrunk } from './trunk.ts';

export interface SimilarityReport extends SimilarityScores {
  /** What was learnt by: `ranking` of pairs against one another, or the `order` of their scores. */
  readonly contrast: 'ranking' | 'order';
  readonly before: SimilarityScores;
  readonly after: SimilarityScores;
  /** By the words that two texts share. */
  readonly baseline: SimilarityScores & { readonly method: string };
  readonly hardest: readonly HardPair[];
  /** Where pairs have scores: those against cosines, of a sample. */
  readonly points: readonly Point[];
}

/**
 * Trains every weight and writes `out`: a folder as sentence-transformers and transformers read it, and the same as ONNX.
 * @throws UserError as `transfer`; arguments/incompatible for a model that is no bare encoder
 */
export async function transferSimilarity(
  folder: string,
  data: TransferData,
  out: string,
  options: TransferOptions,
  context: TransferContext,
): Promise<TransferRun & SimilarityReport> {
  await assertReplaceable(out);
  const { text, other = 'text_b', label: score, negative = 'negative' } = data.columns;
  const columns = { text, other, score, negative };
  const read = await readPairs(data.file, columns);
  const { train, test } = data.evaluation
    ? { train: read.rows, test: (await readPairs(data.evaluation, columns)).rows }
    : splitTexts(read.rows, options.heldOut, options.seed);
  if (test.length === 0) throw new UserError('dataset/empty', `${data.file} has no rows left to measure on`);
  if (read.scored && test.some((row) => row.score === undefined)) {
    throw new UserError('dataset/no-labels', `${data.evaluation} has no scores, but ${data.file} has`);
  }
  const model = await openModel(folder);
  if (model.task.kind !== 'hidden-states') {
    throw new UserError('arguments/incompatible', `${folder} is no bare encoder: similarity is learnt by such`);
  }
  const reader = byMean(model);
  const tokenizer = await loadTokenizer(folder);
  const maxLength = Math.min(options.maxLength, model.config.maxLength);
  const texts = [...new Set([...train, ...test].flatMap((row) => [row.text, row.other, row.negative ?? row.other]))];
  const places = new Map(texts.map((one, i) => [one, i]));
  let cutRows = 0;
  const ids = encodeTexts(tokenizer, texts, maxLength, () => cutRows++);
  const pairOf = (row: PairedText) => ({
    first: places.get(row.text)!,
    second: places.get(row.other)!,
    score: row.score,
    negative: row.negative === undefined ? undefined : places.get(row.negative),
  });

  const { width } = model.config;
  const stored = async (name: string) => (await readFloats(model.weights.get(name)!)) as Float32Array<ArrayBuffer>;
  const encode = (own: readonly Int32Array[], values: typeof stored) =>
    runTrunk(reader, own, values, {
      threads: context.threads,
      signal: context.signal,
      onText: (done) => context.onProgress?.('encoding', done, own.length),
    });
  const measured = [...new Set(test.flatMap((row) => [row.text, row.other]))];
  const measuredIds = measured.map((one) => ids[places.get(one)!]);
  const begin = performance.now();
  const { features, ...kept } = await cachedFeatures(context.cacheFolder, {
    key: await featureKey(reader),
    texts: measuredIds,
    width,
    compute: (own) => encode(own, stored),
  });
  const cache = { ...kept, seconds: (performance.now() - begin) / 1000 };
  const ranked = read.scored ? test : test.slice(0, MOST_RANKED);
  const before = scorePairs(ranked, vectorsOf(ranked, measured, features));
  features.dispose();

  const contrast = read.scored ? 'order' : 'ranking';
  const checkpoints = {
    folder: `${resolve(out)}.checkpoint`,
    run: await similarityRun(reader, train, options),
    resume: context.resume ?? false,
    seconds: 60 * options.checkpointMinutes,
  };
  const epochs = options.epochs ?? FULL_EPOCHS;
  const steps = epochs * Math.ceil(train.length / options.batchSize);
  const { batchSize, weightDecay, maxGradNorm, seed } = options;
  const trained = await trainContrast(
    reader,
    stored,
    { texts: ids, pairs: train.map(pairOf) },
    contrast,
    () => true,
    { epochs, learningRate: fullRate(options), batchSize, weightDecay, maxGradNorm, seed },
    {
      threads: context.threads,
      signal: context.signal,
      onStep(step) {
        context.onStep?.(step);
        context.onProgress?.('training', step.step, steps);
      },
    },
    checkpoints,
  );
  const values = async (name: string) => trained.values.get(name) ?? (await stored(name));
  const vectors = vectorsOf(ranked, measured, arrayFeatures(await encode(measuredIds, values), width));
  const after = scorePairs(ranked, vectors);
  await writeModelFolder(out, model, {
    step: nextStep('transfer', { ...options, data: resolve(data.file), ...columns }),
    config: model.configJson,
    replaced: new Map([...trained.values.keys()].map((name) => [name, () => values(name)])),
    also: async (temporary) => {
      await writeWholeModel(temporary, model, values);
      await writeSentenceFiles(temporary, width, maxLength);
    },
  });
  await removeCheckpoint(checkpoints.folder);
  return {
    task: options.task,
    method: 'full',
    contrast,
    ...after,
    before,
    after,
    baseline: pairBaseline(train, ranked),
    hardest: hardestPairs(ranked, vectors),
    points: scoredPoints(ranked, vectors),
    labels: [],
    trainRows: train.length,
    testRows: test.length,
    cutRows,
    epochs: trained.epochs,
    headEpochs: [],
    cache,
    trainedParameters: [...trained.values.values()].reduce((n, { length }) => n + length, 0),
    problems: read.problems,
    problemCount: read.problemCount,
    model: resolve(out),
    onnx: join(resolve(out), 'onnx', 'model.onnx'),
  };
}

/** @param features a row for each of `texts` */
function vectorsOf(rows: readonly PairedText[], texts: readonly string[], features: Features): PairVectors {
  const { width } = features;
  const places = new Map(texts.map((text, i) => [text, i]));
  const gather = (side: 'text' | 'other') => {
    const vectors = new Float32Array(rows.length * width);
    features.gather(
      rows.map((row) => places.get(row[side])!),
      vectors,
    );
    return vectors;
  };
  return { first: gather('text'), second: gather('other'), width };
}

async function similarityRun(
  model: Model,
  train: readonly PairedText[],
  { checkpointMinutes, ...options }: TransferOptions,
): Promise<Record<string, unknown>> {
  const hash = createHash('sha256').update(JSON.stringify(train)).digest('hex');
  return { ...options, model: await featureKey(model), data: hash };
}
