/** A classifier that stops early: it keeps its promise, its file agrees with its report, at threshold 1 it is the whole model. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTextClassifier } from '../../../app/evaluate/classify.ts';
import { openModel } from '../../../app/models/model.ts';
import { runModel } from '../../../app/models/score.ts';
import { loadTokenizer } from '../../../app/models/tokenizer.ts';
import { encodeModel } from '../../../app/onnx/encode.ts';
import { openSession } from '../../../app/runtime/open.ts';
import { type AdaptClassifierResult, adaptClassifier } from '../../../app/techniques/adaptive/adapt-classifier.ts';
import { adaptiveGraph } from '../../../app/techniques/adaptive/exit-graphs.ts';
import { openAdaptive } from '../../../app/techniques/adaptive/open-adaptive.ts';
import { adaptSchema } from '../../../app/techniques/adaptive/schema.ts';
import { transferSchema } from '../../../app/techniques/transfer/schema.ts';
import { transfer } from '../../../app/techniques/transfer/transfer.ts';
import { float32, int64, type Tensor } from '../../../app/tensor/tensor.ts';
import { makeReader, readJson, topicRows, writeRows } from './topics.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-adapt-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const columns = { text: 'text', label: 'label' };
const context = { threads: 1 };
const settings = (more: object = {}) =>
  adaptSchema.parse({ maxLoss: 0.1, confidence: 0.8, epochs: 12, learningRate: 3e-4, tuning: 0.2, ...more });

const feedsOf = (texts: readonly number[][], inputs: readonly string[]): Record<string, Tensor> => {
  const length = Math.max(...texts.map((ids) => ids.length));
  const grid = (value: (ids: readonly number[], t: number) => number) =>
    int64(
      [texts.length, length],
      texts.flatMap((ids) => Array.from({ length }, (_, t) => (t < ids.length ? value(ids, t) : 0))),
    );
  const all = {
    input_ids: grid((ids, t) => ids[t]),
    attention_mask: grid(() => 1),
    token_type_ids: grid(() => 0),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
};

let reader: string;
let data: string;
let made: AdaptClassifierResult;
beforeAll(async () => {
  reader = await makeReader(work, 'models/bert');
  data = await writeRows(join(work, 'topics.jsonl'), topicRows(240));
  made = await adaptClassifier(reader, { file: data, columns }, join(work, 'bert-out'), settings(), context);
}, 120_000);

it('learns to answer early and tells where texts stop', () => {
  expect(made.layers).toBe(3);
  expect(made.exits.map(({ layer }) => layer)).toEqual([1, 2, 3]);
  expect(made.exits.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(made.exits.reduce((sum, { share, layer }) => sum + share * layer, 0)).toBeCloseTo(made.meanLayersUsed);
  expect(made.epochs.at(-1)!.loss).toBeLessThan(made.epochs[0].loss);
  expect(made.metric.full).toBeGreaterThan(0.9);
  expect(made.meanLayersUsed).toBeLessThan(3);
  expect(made.guarantee).toMatchObject({ maxLoss: 0.1, confidence: 0.8, calibrationRows: made.rows.calibration });
  expect(made.guarantee.pValue).toBeLessThanOrEqual(0.2);
  expect(made.guarantee.heldOut.rows).toBe(made.rows.test);
  expect(made.examples.easy[0].layers).toBeLessThanOrEqual(made.examples.hard[0].layers);
  expect(made.speedup).toBeGreaterThan(0);
  expect(made.bestFixed.layer).toBeLessThanOrEqual(3);
  const { train, tuning, calibration, test } = made.rows;
  expect(train + tuning + calibration + test).toBe(240);
});

it('writes one file that stops by itself, with thresholds that need not be given', async () => {
  expect(made.differenceAtFullDepth).toBeLessThan(1e-4);
  const session = await openSession(await readFile(made.onnx), { threads: 1 });
  const tokenizer = await loadTokenizer(reader);
  const texts = topicRows(12).map(({ text }) => tokenizer.encode(text));
  const run = async (ids: readonly number[][], thresholds?: readonly number[]) => {
    const given: Record<string, Tensor> = {};
    if (thresholds) given.thresholds = float32([thresholds.length], thresholds);
    return session.run({ ...feedsOf(ids, session.inputs), ...given });
  };
  const alone = await Promise.all(texts.map((ids) => run([ids])));
  const layers = alone.map(({ exit_layer }) => Number(exit_layer.data[0]));
  expect(Math.min(...layers)).toBeLessThan(3);
  // A batch goes on as long as one of its texts must.
  const together = await run(texts);
  expect(Number(together.exit_layer.data[0])).toBeGreaterThanOrEqual(Math.max(...layers));
  const deep = await run(texts, [1, 1]);
  expect(Number(deep.exit_layer.data[0])).toBe(3);
  const first = await run(texts, [-1, -1]);
  expect(Number(first.exit_layer.data[0])).toBe(1);
  expect(Math.abs(Number(first.logits.data[0]) - Number(deep.logits.data[0]))).toBeGreaterThan(1e-4);
  session.dispose();
  const note = await readJson(join(made.model, 'adaptive.json'));
  expect(note.thresholds).toEqual(made.thresholds);
  expect(note.dial).toHaveLength(made.guarantee.accepted);
  const opened = await openAdaptive(made.model);
  expect([opened.thresholds, opened.labels, opened.bestFixed]).toEqual([
    made.thresholds,
    ['food', 'sea'],
    made.bestFixed.layer,
  ]);
  const again = encodeModel(adaptiveGraph(opened.flat, opened.rule, opened.thresholds, opened.exits));
  expect(Buffer.compare(again, await readFile(made.onnx))).toBe(0);
});

it('is asked like any classifier, and says where each text stopped', async () => {
  const texts = topicRows(12).map(({ text }) => text);
  const ask = async (threshold?: number) => {
    const classifier = await openTextClassifier(made.model, { threads: 1, threshold });
    expect(classifier.labels).toEqual(['food', 'sea']);
    const answers = await classifier.classify(texts);
    classifier.dispose();
    return answers.map(({ layers }) => layers);
  };
  expect(new Set(await ask(1))).toEqual(new Set([3]));
  expect(new Set(await ask(0))).toEqual(new Set([1]));
  expect(Math.min(...(await ask()).map(Number))).toBeLessThan(3);
});

it('refuses to promise what the rows cannot prove, and says how many could', async () => {
  const strict = settings({ maxLoss: 0.005, confidence: 0.95 });
  const trying = adaptClassifier(reader, { file: data, columns }, join(work, 'none'), strict, context);
  await expect(trying).rejects.toMatchObject({ code: 'adapt/too-few-rows' });
  await expect(trying).rejects.toThrow(/takes 599 calibration rows.*give about \d{4} rows in all/);
});

it('stops by patience too', async () => {
  const out = join(work, 'patient');
  const result = await adaptClassifier(reader, { file: data, columns }, out, settings({ exit: 'patience' }), context);
  // Nothing can have been said twice after one layer.
  const always = result.thresholds.findIndex((threshold) => threshold < 0);
  if (always !== 0) expect(result.exits[0].share).toBe(0);
  expect(result.differenceAtFullDepth).toBeLessThan(1e-4);
});

it('stops by halting units too, compared with the confidence of the same heads', async () => {
  const out = join(work, 'halting');
  const options = settings({ method: 'act', epochs: 6, ponder: 0.1 });
  const result = await adaptClassifier(reader, { file: data, columns }, out, options, context);
  expect(result.epochs.at(-1)!.loss).toBeLessThan(result.epochs[0].loss);
  expect(result.differenceAtFullDepth).toBeLessThan(1e-4);
  expect(result.meanLayersUsed).toBeLessThan(3);
  const { halting, confidence } = result.compared!;
  expect(halting.meanLayers).toBeCloseTo(result.meanLayersUsed);
  expect(halting.loss).toBeCloseTo(result.guarantee.heldOut.loss);
  expect(confidence.meanLayers).toBeGreaterThanOrEqual(1);
  const opened = await openAdaptive(out);
  expect(opened.rule).toEqual({ kind: 'halting' });
  const again = encodeModel(adaptiveGraph(opened.flat, opened.rule, opened.thresholds, opened.exits));
  expect(Buffer.compare(again, await readFile(result.onnx))).toBe(0);
});

it('stops early in 8 bits, under a promise that covers their loss', async () => {
  const out = join(work, 'int8');
  const result = await adaptClassifier(reader, { file: data, columns }, out, settings({ quantize: 'int8' }), context);
  expect(result.metric.adaptive).toBeGreaterThan(0.8);
  const [small, large] = await Promise.all([result.onnx, made.onnx].map(async (file) => (await readFile(file)).length));
  expect(small).toBeLessThan(0.5 * large);
});

it.each(['models/bert', 'models/llama'])('leaves a classifier of %s as it is at full depth', async (fixture) => {
  const folder = await makeReader(work, fixture);
  const source = join(work, `${fixture.replace('/', '-')}-classifier`);
  const cache = join(work, 'cache');
  const training = transferSchema.parse({ epochs: 8, learningRate: 2e-2, heldOut: 0.6 });
  await transfer(folder, { file: data, columns }, source, training, { threads: 1, cacheFolder: cache });
  const out = join(work, `${fixture.replace('/', '-')}-stopping`);
  const options = settings({ method: 'heads', learningRate: undefined, maxLoss: 0.2 });
  const result = await adaptClassifier(source, { file: data, columns }, out, options, context);
  // Rows that the classifier has learnt from prove nothing about it.
  expect(result.rows.train).toBe(96);
  const model = await openModel(source);
  const tokenizer = await loadTokenizer(source);
  const texts = topicRows(6).map(({ text }) => tokenizer.encode(text));
  const session = await openSession(await readFile(result.onnx), { threads: 1 });
  for (const ids of texts) {
    const full = await runModel(model, { input_ids: int64([1, ids.length], ids) }, { threads: 1 });
    const never = new Float32Array(result.layers - 1).fill(1);
    const { logits, exit_layer } = await session.run({
      ...feedsOf([ids], session.inputs),
      thresholds: float32([never.length], never),
    });
    expect(Number(exit_layer.data[0])).toBe(result.layers);
    for (const [i, z] of (full.logits.data as Float32Array).entries())
      expect(Math.abs(z - Number(logits.data[i]))).toBeLessThan(1e-4);
  }
  session.dispose();
});
