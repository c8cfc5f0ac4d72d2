/** A small classifier before a large one: it keeps its promise, its folder answers as the report says, wrong pairs are refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scoreClassifier } from '../../../app/evaluate/classifier-scores.ts';
import { openTextClassifier } from '../../../app/evaluate/classify.ts';
import { adaptCascade, type CascadeResult } from '../../../app/techniques/adaptive/adapt-cascade.ts';
import { adaptSchema } from '../../../app/techniques/adaptive/schema.ts';
import { transferSchema } from '../../../app/techniques/transfer/schema.ts';
import { transfer } from '../../../app/techniques/transfer/transfer.ts';
import { makeReader, readJson, topicRows, writeRows } from './topics.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-cascade-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const columns = { text: 'text', label: 'label' };
const context = { threads: 1 };
// Nothing is left to learn from, which a cascade does not do.
const shares = { tuning: 0.17, calibration: 0.5, heldOut: 0.33 };
const options = adaptSchema.parse({ maxLoss: 0.1, confidence: 0.8, maxLength: 64, ...shares });
const texts = topicRows(40).map(({ text }) => text);

let data: string;
let small: string;
let large: string;
let made: CascadeResult;

async function train(fixture: string, file: string, name: string, more: object): Promise<string> {
  const out = join(work, name);
  const training = transferSchema.parse({ epochs: 8, learningRate: 2e-2, heldOut: 0.6, ...more });
  await transfer(await makeReader(work, fixture), { file, columns }, out, training, {
    threads: 1,
    cacheFolder: join(work, 'cache'),
  });
  return out;
}

beforeAll(async () => {
  data = await writeRows(join(work, 'topics.jsonl'), topicRows(240));
  small = await train('models/llama', data, 'small', {});
  large = await train('models/bert', data, 'large', {});
  made = await adaptCascade({ small, large }, { file: data, columns }, join(work, 'cascade'), options, context);
}, 120_000);

it('proves when the small model may answer, on texts that neither has learnt from', () => {
  expect(made).toMatchObject({ kind: 'cascade', layers: 2, labels: ['food', 'sea'] });
  expect(made.meanLayersUsed).toBeCloseTo(1 + made.askedLarge);
  expect(made.exits.map(({ layer }) => layer)).toEqual([1, 2]);
  const { learntBefore, tuning, calibration, test } = made.rows;
  expect(learntBefore).toBeGreaterThanOrEqual(96);
  expect(learntBefore + tuning + calibration + test).toBe(240);
  expect(made.guarantee).toMatchObject({ calibrationRows: calibration, heldOut: { rows: test } });
  if (made.guarantee.accepted > 0) expect(made.guarantee.pValue).toBeLessThanOrEqual(0.2);
  else expect(made.askedLarge).toBe(1);
  expect(made.metric.loss).toBeCloseTo(made.metric.full - made.metric.adaptive);
});

it('answers from its folder with one model or the other, by a dial', async () => {
  const ask = async (folder: string, threshold?: number) => {
    const classifier = await openTextClassifier(folder, { threads: 1, maxLength: 64, threshold });
    const answers = await classifier.classify(texts);
    classifier.dispose();
    return answers;
  };
  const [first, second] = [await ask(small), await ask(large)];
  const careful = await ask(made.model, 1);
  expect(careful.every(({ stage }) => stage === 2)).toBe(true);
  expect(careful.map(({ outputs }) => outputs)).toEqual(second.map(({ outputs }) => outputs));
  const fast = await ask(made.model, 0);
  expect(fast.every(({ stage }) => stage === 1)).toBe(true);
  expect(fast.map(({ outputs }) => outputs)).toEqual(first.map(({ outputs }) => outputs));
  const middle = first.map(({ outputs }) => Math.max(...outputs)).sort()[20];
  const note = await readJson(join(made.model, 'adaptive.json'));
  expect(note).toMatchObject({ kind: 'cascade', threshold: made.thresholds[0], maxLength: 64 });
  // The order of confidence is the same at every temperature: so many are above the calibrated middle as above the plain one.
  const q = 1 / (note.temperature as number);
  const calibrated = middle ** q / (middle ** q + (1 - middle) ** q);
  const mixed = await ask(made.model, calibrated);
  const sureness = (wanted: number) =>
    mixed.flatMap(({ stage }, i) => (stage === wanted ? [Math.max(...first[i].outputs)] : []));
  expect(Math.min(...sureness(1))).toBeGreaterThanOrEqual(Math.max(...sureness(2)) - 1e-6);
  for (const [i, { stage, outputs }] of mixed.entries())
    expect(outputs).toEqual((stage === 1 ? first : second)[i].outputs);
});

it('is measured like any classifier', async () => {
  const rows = topicRows(40);
  const score = async (folder: string, threshold?: number) => {
    const classifier = await openTextClassifier(folder, { threads: 1, threshold });
    const scores = await scoreClassifier(classifier, rows);
    classifier.dispose();
    return scores;
  };
  const careful = await score(made.model, 1);
  expect(careful).toMatchObject({ examples: 40, askedLarge: 1, accuracy: (await score(large)).accuracy });
  expect(await score(made.model, 0)).toMatchObject({ askedLarge: 0, accuracy: (await score(small)).accuracy });
});

it('refuses models of different labels, one that is adaptive already, and rows too few for the promise', async () => {
  const others = topicRows(240).map(({ text, label }) => ({ text, label: label === 'sea' ? 'water' : label }));
  const other = await train('models/llama', await writeRows(join(work, 'others.jsonl'), others), 'other', {});
  const cascade = (a: string, more: object = {}) =>
    adaptCascade({ small: a, large }, { file: data, columns }, join(work, 'none'), { ...options, ...more }, context);
  await expect(cascade(other)).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(cascade(made.model)).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(cascade(small, { maxLoss: 0.005 })).rejects.toMatchObject({ code: 'adapt/too-few-rows' });
});
