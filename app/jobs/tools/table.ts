/** Questions whose answers take reading or computing: asked of a process of their own, so that the engine never waits. */

import { UserError } from '../../contract/errors.ts';
import type { DepthCurve, LayerSensitivity } from '../../contract/techniques.ts';
import { datasetState } from '../../datasets/row-index.ts';
import { openTextClassifier } from '../../evaluate/classify.ts';
import { openWordTagger, wordsOf } from '../../evaluate/tag-words.ts';
import { openTextVectors } from '../../evaluate/text-vectors.ts';
import { type CheckRequest, datasetFacts, type FactsRequest, fullCheck } from '../../library/dataset-facts.ts';
import { inspectPath } from '../../library/inspect.ts';
import { folderDetail, layersOf, readCard } from '../../library/model-detail.ts';
import { indexedFacts } from '../../library/model-facts.ts';
import { Previews } from '../../library/preview.ts';
import { assertContinues } from '../../models/architectures/index.ts';
import { tensorHistogram } from '../../models/histogram.ts';
import { type Model, openModel } from '../../models/model.ts';
import { openStored } from '../../models/stored.ts';
import { tokenPieces } from '../../models/token-pieces.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { calibrate, calibrationKey } from '../../profile/calibrate.ts';
import { detectHardware } from '../../profile/hardware.ts';
import { modelShape } from '../../recipes/estimates/shape.ts';
import { databaseProblem } from '../../store/check.ts';
import { windowsFrom } from '../../techniques/prune/block-walk.ts';
import { depthCurve } from '../../techniques/prune/depth-curve.ts';
import { calibrationText } from '../../techniques/quantize/calibration-text.ts';
import { measureLayers } from '../../techniques/quantize/layer-sensitivity.ts';
import { type FactsAsked, type LabelFacts, labelFacts } from '../../techniques/transfer/column-facts.ts';
import { textLengths } from '../../techniques/transfer/text-lengths.ts';

const previews = new Previews();

/** The last tokenizer stays: people try one text after another. */
let kept: { readonly path: string; readonly tokenizer: Promise<Tokenizer> } | undefined;

function tokenizerOf(path: string): Promise<Tokenizer> {
  if (kept?.path !== path) kept = { path, tokenizer: loadTokenizer(path) };
  const { tokenizer } = kept;
  tokenizer.catch(() => {
    kept = undefined;
  });
  return tokenizer;
}

/** The last model that was opened stays open for the next text: people try one after another. */
function keepOpen<T extends { dispose(): void }>(open: (path: string) => Promise<T>): (path: string) => Promise<T> {
  let kept: { readonly path: string; readonly opened: Promise<T> } | undefined;
  return async (path) => {
    if (kept?.path === path) return kept.opened;
    await kept?.opened.then((old) => old.dispose()).catch(() => undefined);
    const own = { path, opened: open(path) };
    kept = own;
    own.opened.catch(() => {
      if (kept === own) kept = undefined;
    });
    return own.opened;
  };
}

const classifierOf = keepOpen((path) => openTextClassifier(path));
const taggerOf = keepOpen((path) => openWordTagger(path));
const vectorsOf = keepOpen((path) => openTextVectors(path));

/** An answer stays for the same question, unless it failed; of `most` questions where more may come. */
function remember<Question, Answer>(
  keyOf: (question: Question) => Promise<readonly unknown[]>,
  answer: (question: Question) => Promise<Answer>,
  most = Number.POSITIVE_INFINITY,
): (question: Question) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return async (question) => {
    const key = JSON.stringify(await keyOf(question));
    const known = answers.get(key) ?? answer(question);
    answers.set(key, known);
    known.catch(() => answers.delete(key));
    if (answers.size > most) answers.delete(answers.keys().next().value!);
    return known;
  };
}

/** Of labels and lengths: an estimate asks again at every change of the form. */
const KEPT_ANSWERS = 16;

const labelsOf = remember<FactsAsked & { readonly path: string }, LabelFacts>(
  async ({ path, text, label, other, negative, task }) => [
    path,
    await datasetState(path),
    text,
    label,
    other,
    negative,
    task,
  ],
  ({ path, ...asked }) => labelFacts(path, asked),
  KEPT_ANSWERS,
);

interface LengthsAsked {
  readonly path: string;
  readonly model: string;
  readonly columns: readonly string[];
  /** Lines of a text are words with a tag each. */
  readonly words: boolean;
}

const lengthsOf = remember<LengthsAsked, number[]>(
  async ({ path, model, columns, words }) => [path, await datasetState(path), model, columns, words],
  async ({ path, model, columns, words }) => textLengths(path, columns, await tokenizerOf(model), words),
  KEPT_ANSWERS,
);

interface LayersAsked {
  readonly path: string;
  readonly data?: string;
}

const keyOfLayers = async ({ path, data }: LayersAsked) => [
  path,
  data,
  data === undefined ? '' : await datasetState(data),
];

/** Measured once as long as this process lives; a model's folder never changes. */
const sensitivityOf = remember<LayersAsked, LayerSensitivity[]>(keyOfLayers, async ({ path, data }) =>
  measureLayers(await openModel(path), data),
);

/** As with sensitivities. */
const curveOf = remember<LayersAsked, DepthCurve>(keyOfLayers, async ({ path, data }) =>
  measureCurve(await openModel(path), data),
);
const CURVE_TOKENS = 1024;

async function measureCurve(model: Model, data: string | undefined): Promise<DepthCurve> {
  assertContinues(model);
  const longest = Math.min(256, model.config.maxLength);
  const request = { file: data, tokens: CURVE_TOKENS, longest, reserved: { tokens: 0, rows: 0 } };
  const { windows } = await calibrationText(model.folder, request);
  return depthCurve(model, windowsFrom(windows, CURVE_TOKENS, model.config.maxLength));
}

export const TOOLS = {
  hardware: ({ folder }: { folder: string }) => detectHardware(folder),
  calibration: ({ threads }: { threads?: number }) => calibrate(threads),
  calibrationKey: ({ threads }: { threads?: number }) => calibrationKey(threads),
  inspect: ({ path }: { path: string }) => inspectPath(path),
  modelFacts: ({ id, path }: { id: string; path: string }) => indexedFacts(id, path),
  modelDetail: ({ path }: { path: string }) => folderDetail(path),
  modelShape: ({ path }: { path: string }) => modelShape(path),
  layers: ({ path }: { path: string }) => layersOf(path),
  card: ({ path }: { path: string }) => readCard(path),
  tokenizerHash: async ({ path }: { path: string }) => (await tokenizerOf(path)).hash,
  async tokenize({ path, text, special }: { path: string; text: string; special: boolean }) {
    return tokenPieces(await tokenizerOf(path), text, special);
  },
  async histogram({ path, tensor, bars }: { path: string; tensor: string; bars: number }) {
    const constant = (await openStored(path)).weights.get(tensor);
    if (!constant) throw new UserError('weights/missing', `${path} has no tensor ${tensor}`);
    const { shape, dtype } = constant;
    return { tensor, shape: [...shape], dtype, ...(await tensorHistogram(constant, bars)) };
  },
  labels: labelsOf,
  textLengths: lengthsOf,
  sensitivity: sensitivityOf,
  depthCurve: curveOf,
  async classify({ path, texts }: { path: string; texts: readonly string[] }) {
    const model = await classifierOf(path);
    const begin = performance.now();
    const results = await model.classify(texts);
    return {
      labels: [...model.labels],
      problem: model.problem,
      results: results.map(({ outputs, ...rest }) => ({ outputs: [...outputs], ...rest })),
      milliseconds: performance.now() - begin,
    };
  },
  async tag({ path, text }: { path: string; text: string }) {
    const model = await taggerOf(path);
    const begin = performance.now();
    const words = await model.tag(wordsOf(text));
    return { words: words.map((word) => ({ ...word })), milliseconds: performance.now() - begin };
  },
  async alike({ path, text, other }: { path: string; text: string; other: string }) {
    const model = await vectorsOf(path);
    const begin = performance.now();
    const [a, b] = [await model.vectorOf(text), await model.vectorOf(other)];
    const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0);
    return { cosine, milliseconds: performance.now() - begin };
  },
  datasetFacts: (request: FactsRequest) => datasetFacts(request),
  datasetState: ({ path }: { path: string }) => datasetState(path),
  check: (request: CheckRequest) => fullCheck(request),
  preview: ({ path, offset, limit }: { path: string; offset: number; limit: number }) =>
    previews.page(path, offset, limit),
  row: ({ path, index }: { path: string; index: number }) => previews.row(path, index),
  databaseProblem: async ({ file }: { file: string }) => databaseProblem(file),
  count: ({ path }: { path: string }) => previews.count(path),
} as const;

export type Tools = typeof TOOLS;
export type ToolName = keyof Tools;
