/** Few-shot learning on a tiny model: pairs of classes, what is trained, and the result beside a plain head. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openTextClassifier } from '../../app/evaluate/classify.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { classPairs, shotsOf } from '../../app/techniques/transfer/few-shot.ts';
import { transferSchema } from '../../app/techniques/transfer/schema.ts';
import { transfer } from '../../app/techniques/transfer/transfer.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-few-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const TOPICS = { sea: ['ship', 'whale', 'wave', 'sail'], food: ['bread', 'cheese', 'apple', 'soup'] };
const ROWS = Array.from({ length: 48 }, (_, i) => {
  const label = i % 2 === 0 ? 'sea' : 'food';
  const words = TOPICS[label];
  return { text: `${words[i % 4]} and ${words[(i >> 2) % 4]} near ${words[(i >> 1) % 4]} ${i}`, label };
});

async function makeModel(fixture: string): Promise<string> {
  const folder = join(work, fixture.replace('/', '-'));
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  await writeWordTokenizer(folder, ['[PAD]', '[OTHER]', '[UNK]', ...TOPICS.sea, ...TOPICS.food, 'and', 'near']);
  return folder;
}
const file = join(work, 'rows.jsonl');
await writeFile(file, ROWS.map((row) => JSON.stringify(row)).join('\n'));
const columns = { text: 'text', label: 'label' };
const context = { threads: 1, cacheFolder: join(work, 'cache') };
const settings = (more: object = {}) =>
  transferSchema.parse({ fewShot: true, shots: 8, epochs: 10, learningRate: 1e-2, pairsOfText: 6, ...more });

it('pairs every text with its class and with others', () => {
  const classes = [0, 0, 0, 1, 1, 2];
  const pairs = classPairs(classes, 4, 1);
  // The text that is alone in its class has none to be near to.
  expect(pairs.length).toBe(5 * 8 + 4);
  for (const { first, second, score } of pairs) {
    expect(first).not.toBe(second);
    expect(score).toBe(classes[first] === classes[second] ? 1 : 0);
  }
  expect(classPairs(classes, 4, 1)).toEqual(pairs);
  expect(classPairs(classes, 4, 2)).not.toEqual(pairs);
});

it('takes so many rows of each class', () => {
  const rows = ROWS.map(({ text, label }) => ({ text, target: label === 'sea' ? 1 : 0 }));
  const few = shotsOf(rows, 5, 0);
  expect([few.length, few.filter(({ target }) => target === 1).length]).toEqual([10, 5]);
  expect(shotsOf(rows, 5, 1)).not.toEqual(few);
});

it.each(['models/bert', 'architectures/distilbert', 'models/llama'])(
  'moves the classes of %s apart',
  async (fixture) => {
    const folder = await makeModel(fixture);
    const out = join(work, `${fixture.replace('/', '-')}-out`);
    const options = settings({ pairRate: 2e-3 });
    const result = await transfer(folder, { file, columns }, out, options, context);
    expect([result.trainRows, result.fewShot!.pairs]).toEqual([16, 16 * 12]);
    // Without moving, a head of the same settings is what stands beside it.
    const plain = settings({ fewShot: false });
    const alone = await transfer(folder, { file, columns }, join(work, 'alone'), plain, context);
    const { accuracy, macroF1 } = alone;
    expect(result.fewShot!.headOnly).toEqual({ accuracy, macroF1 });
    expect(result.loss).toBeLessThan(alone.loss);
    expect(result.epochs.at(-1)!.loss).toBeLessThan(alone.epochs.at(-1)!.loss);

    // The written folder holds the moved layers, and says what was measured.
    const [before, after] = [await openModel(folder), await openModel(out)];
    // A classifier's layers may stand below a name of their own.
    const name = [...before.weights.keys()].find((key) => /layers?\.0\..*weight$/.test(key))!;
    const same = [...after.weights.keys()].find((key) => key.endsWith(name))!;
    const [own, other] = [await readFloats(before.weights.get(name)!), await readFloats(after.weights.get(same)!)];
    expect([...other]).not.toEqual([...own]);
    const classifier = await openTextClassifier(out, { threads: 1 });
    const said = await classifier.classify(ROWS.map(({ text }) => text));
    classifier.dispose();
    const right = said.filter(({ outputs }, i) => outputs[0] > outputs[1] === (ROWS[i].label === 'food'));
    expect(right.length / ROWS.length).toBeGreaterThan(0.9);
  },
);

it.each([{ method: 'full' }, { task: 'regression' }, { learningCurve: true }])(
  'refuses few-shot with %o',
  async (more) => {
    const folder = await makeModel('models/bert');
    const run = transfer(folder, { file, columns }, join(work, 'no'), settings(more), context);
    await expect(run).rejects.toMatchObject({ code: 'arguments/incompatible' });
  },
);
