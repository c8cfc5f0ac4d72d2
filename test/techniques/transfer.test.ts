/** A classifier made from a tiny BERT: it learns, its files agree with one another, frozen layers run once, bad data is refused. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openTextClassifier } from '../../app/evaluate/classify.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { openSession } from '../../app/runtime/open.ts';
import { quantizeGraphs } from '../../app/techniques/quantize/graphs/quantize-graphs.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { runBaseline } from '../../app/techniques/transfer/baseline.ts';
import { labelFacts } from '../../app/techniques/transfer/column-facts.ts';
import { depthsOf, unfreezing } from '../../app/techniques/transfer/depth.ts';
import { cachedFeatures } from '../../app/techniques/transfer/feature-cache.ts';
import { transferSchema } from '../../app/techniques/transfer/schema.ts';
import { splitByClass } from '../../app/techniques/transfer/stratified-split.ts';
import type { LabelSetReport } from '../../app/techniques/transfer/tasks/multi-label.ts';
import type { NumberReport } from '../../app/techniques/transfer/tasks/regression.ts';
import { transfer } from '../../app/techniques/transfer/transfer.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-transfer-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const THINGS = ['ship', 'whale', 'sea', 'harbour', 'sail', 'captain'];
const FOODS = ['bread', 'cheese', 'apple', 'soup', 'honey', 'butter'];
/** Two topics, told apart by their words alone. */
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const words = i % 2 === 0 ? THINGS : FOODS;
  const pick = (k: number) => words[(i * 7 + k * 5 + Math.floor(i / 6)) % words.length];
  return { body: `${pick(1)} and ${pick(2)} near ${pick(3)} ${i}`, topic: i % 2 === 0 ? 'sea' : 'food' };
});

async function makeModel(fixture: string): Promise<string> {
  const folder = join(work, fixture.replace('/', '-'));
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  // The fixtures know few tokens: one for each word will do.
  const words = new Set(ROWS.flatMap(({ body }) => body.split(' ').filter((word) => /[a-z]/.test(word))));
  await writeWordTokenizer(folder, ['[PAD]', '[OTHER]', '[UNK]', ...words]);
  return folder;
}

async function makeData(rows: readonly object[], name = 'data.jsonl'): Promise<string> {
  const file = join(work, name);
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
}

const columns = { text: 'body', label: 'topic' };
const settings = (more: object = {}) => transferSchema.parse({ epochs: 15, learningRate: 2e-2, ...more });
const context = { threads: 1, cacheFolder: join(work, 'cache') };

async function onnxLogits(folder: string, ids: readonly number[][], mask: readonly number[][]): Promise<number[]> {
  const file = join(folder, 'onnx', 'model.onnx');
  const session = await openSession(await readFile(file), { threads: 1, dataFolder: dirname(file) });
  const shape = [ids.length, ids[0].length];
  const all = {
    input_ids: int64(shape, ids.flat()),
    attention_mask: int64(shape, mask.flat()),
    token_type_ids: int64(
      shape,
      ids.flat().map(() => 0),
    ),
  };
  const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => session.inputs.includes(name)));
  expect(session.inputs.filter((name) => !(name in feeds))).toEqual([]);
  const { logits } = await session.run(feeds);
  session.dispose();
  return Array.from(logits.data as Float32Array);
}

it.each(['models/bert', 'architectures/distilbert', 'architectures/roberta', 'models/modernbert', 'models/llama'])(
  '%s becomes a classifier whose folder and ONNX file agree',
  async (fixture) => {
    const folder = await makeModel(fixture);
    const out = join(work, `${fixture.replace('/', '-')}-out`);
    const result = await transfer(folder, { file: await makeData(ROWS), columns }, out, settings(), context);
    expect(result.epochs.at(-1)!.loss).toBeLessThan(result.epochs[0].loss);
    expect(result.testRows).toBe(12);
    expect(result.perClass.map(({ label }) => label)).toEqual(['food', 'sea']);

    const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
    expect(config.architectures[0]).toMatch(/ForSequenceClassification$/);
    expect([config.id2label, config.label2id]).toEqual([
      { 0: 'food', 1: 'sea' },
      { food: 0, sea: 1 },
    ]);
    const model = await openModel(out);
    expect(model.task).toMatchObject({ kind: 'classification', labels: 2 });
    const tokenizer = await loadTokenizer(folder);
    const all = ROWS.map(({ body, topic }) => ({ text: body, label: topic }));
    const { test } = splitByClass(all, 0.2, 0);
    const rows = test.map(({ text }) => tokenizer.encode(text));
    const length = Math.max(...rows.map((ids) => ids.length));
    const fill = (ids: number[], value: number) => [...ids, ...new Array<number>(length - ids.length).fill(value)];
    const ids = rows.map((row) => fill(row, config.pad_token_id));
    const mask = rows.map((row) =>
      fill(
        row.map(() => 1),
        0,
      ),
    );
    const shape = [rows.length, length];
    const inputs = { input_ids: int64(shape, ids.flat()), attention_mask: int64(shape, mask.flat()) };
    const { logits } = await runModel(model, inputs, { threads: 1 });
    const exported = await onnxLogits(out, ids, mask);
    const found = Array.from(logits.data as Float32Array);
    for (const [i, value] of found.entries()) expect(Math.abs(value - exported[i])).toBeLessThan(1e-3);
    // What was measured in training is what the written folder says of the held-out texts.
    const losses = test.map(({ label }, r) => {
      const [a, b] = found.slice(2 * r, 2 * r + 2);
      return Math.log(Math.exp(a) + Math.exp(b)) - (label === 'food' ? a : b);
    });
    expect(losses.reduce((x, y) => x + y, 0) / losses.length).toBeCloseTo(result.loss, 3);
  },
);

it('says the same in int8, from its graph alone', async () => {
  const out = join(work, 'models-bert-out');
  const folder = join(work, 'int8');
  await quantizeGraphs([join(out, 'onnx', 'model.onnx')], folder, quantizeSchema.parse({ method: 'dynamic' }), {
    threads: 1,
    data: await makeData(ROWS.map(({ body, topic }) => ({ text: body, label: topic }))),
  });
  const [whole, rounded] = [await openTextClassifier(out), await openTextClassifier(folder)];
  expect([rounded.labels, rounded.problem]).toEqual([whole.labels, whole.problem]);
  const texts = ROWS.map(({ body }) => body);
  const [expected, found] = [await whole.classify(texts), await rounded.classify(texts)];
  const apart = found.map(({ outputs }, i) => Math.abs(outputs[0] - expected[i].outputs[0]));
  expect(Math.max(...apart)).toBeLessThan(0.1);
  expect(Math.max(...apart)).toBeGreaterThan(0);
  whole.dispose();
  rounded.dispose();
});

it('computes the frozen layers of a text once, and again where its numbers were damaged', async () => {
  const folder = await makeModel('models/bert');
  const file = await makeData(ROWS);
  const cacheFolder = join(work, 'own-cache');
  const run = (data = file) =>
    transfer(folder, { file: data, columns }, join(work, 'cached'), settings(), { threads: 1, cacheFolder });
  const first = await run();
  const second = await run();
  // Texts that the tokenizer tells apart.
  const texts = first.cache.computed;
  expect(texts).toBeGreaterThan(5);
  expect([first.cache.computed, second.cache.computed, second.cache.reused]).toEqual([texts, 0, texts]);
  expect(second.epochs.map(({ loss }) => loss)).toEqual(first.epochs.map(({ loss }) => loss));
  // One flipped bit among the numbers: one text.
  const [name] = await readdir(first.cache.folder);
  const segment = join(first.cache.folder, name);
  const bytes = await readFile(segment);
  bytes[bytes.length - 10] ^= 1;
  await writeFile(segment, bytes);
  const mended = await run();
  expect([mended.cache.computed, mended.accuracy]).toEqual([1, first.accuracy]);
  expect((await run()).cache.hit).toBe(true);
  // One flipped bit in the index: the whole file is not believed; what was computed since lies in another.
  bytes[20] ^= 1;
  await writeFile(segment, bytes);
  expect((await run()).cache.computed).toBe(texts - 1);
  await truncate(segment, 64);
  expect((await run()).cache.hit).toBe(true);
  // Rows that come later are computed by themselves.
  const more = [...ROWS, { body: 'honey cake', topic: 'food' }];
  expect((await run(await makeData(more, 'more.jsonl'))).cache).toMatchObject({ computed: 1, reused: texts });
});

it('keeps large features on disk, and gives the same numbers from there', async () => {
  const texts = [1, 2, 3, 2].map((id) => Int32Array.of(id, id + 1));
  const request = {
    key: 'a'.repeat(64),
    texts,
    width: 3,
    vectorsOf: ({ length }: Int32Array) => length,
    compute: async (asked: readonly Int32Array[]) =>
      Float32Array.from(asked.flatMap((ids) => [...ids].flatMap((id) => [id, id * 10, id * 100]))),
  };
  const read = async (memoryBytes?: number) => {
    const { features, computed } = await cachedFeatures(join(work, 'disk'), { ...request, memoryBytes });
    const target = new Float32Array(9);
    features.gather([7, 0, 3], target);
    features.dispose();
    return { values: [...target], rows: features.rows, computed };
  };
  const expected = { values: [3, 30, 300, 1, 10, 100, 3, 30, 300], rows: 8 };
  expect(await read()).toEqual({ ...expected, computed: 3 });
  expect(await read(1)).toEqual({ ...expected, computed: 0 });
});

it('finds the learning rate and the epochs of a head by held-out loss', async () => {
  const folder = await makeModel('models/bert');
  const rows = Array.from({ length: 4 }, (_, k) =>
    ROWS.map(({ body, topic }) => ({ body: `${body} ${k}`, topic })),
  ).flat();
  const options = settings({ epochs: undefined, learningRate: undefined, learningRates: [1e-6, 2e-2] });
  const file = await makeData(rows, 'chosen.jsonl');
  const { choice, epochs, accuracy } = await transfer(
    folder,
    { file, columns },
    join(work, 'chosen'),
    options,
    context,
  );
  expect(choice?.learningRate).toBe(2e-2);
  expect(epochs).toHaveLength(choice!.epochs);
  const [slow, fast] = choice!.tried.map(({ evalLosses }) => Math.min(...evalLosses));
  expect(fast).toBeLessThan(slow);
  expect(choice!.evalLoss).toBe(fast);
  expect(accuracy).toBeGreaterThan(0.7);
});

it('trains the whole model from the trained head', async () => {
  const folder = await makeModel('models/bert');
  const out = join(work, 'full');
  const options = settings({ method: 'full', epochs: 2, learningRate: 1e-3 });
  const result = await transfer(folder, { file: await makeData(ROWS), columns }, out, options, context);
  expect(result.headEpochs).toHaveLength(5);
  expect(result.epochs[1].loss).toBeLessThan(result.epochs[0].loss);
  const [before, after] = [await openModel(folder), await openModel(out)];
  expect(result.trainedParameters).toBe(after.parameters);
  expect(after.config.layers).toBe(before.config.layers + 1);
});

it('unfreezes from the top, slower below, and goes on alike after it was stopped', async () => {
  const folder = await makeModel('models/bert');
  const file = await makeData(ROWS);
  const options = settings({ method: 'full', epochs: 3, gradual: true, layerDecay: 0.5, checkpointMinutes: 1e-9 });
  const run = (out: string, more: object = {}) =>
    transfer(folder, { file, columns }, join(work, out), options, { ...context, ...more });
  const whole = await run('whole');
  expect(whole.epochs[2].loss).toBeLessThan(whole.epochs[0].loss);
  for (const step of [1, 4]) {
    const stop = new AbortController();
    const onStep = (report: { step: number }) => report.step === step && stop.abort();
    await expect(run(`stopped-${step}`, { signal: stop.signal, onStep })).rejects.toThrow();
    const resumed = await run(`stopped-${step}`, { resume: true });
    expect(resumed.epochs.map(({ loss }) => loss)).toEqual(whole.epochs.map(({ loss }) => loss));
    const weights = (out: string) => readFile(join(work, out, 'model.safetensors'));
    expect((await weights(`stopped-${step}`)).equals(await weights('whole'))).toBe(true);
  }
});

it('begins with the head and the last layer, and ends with the embeddings', async () => {
  const model = await openModel(join(FIXTURES, 'models/bert-classification'));
  const depths = depthsOf(model);
  const { layers } = model.config;
  expect(depths.get('bert.embeddings.word_embeddings.weight')).toBe(layers + 1);
  expect(depths.get('bert.encoder.layer.0.output.dense.weight')).toBe(layers);
  expect(depths.get(`bert.encoder.layer.${layers - 1}.output.dense.weight`)).toBe(1);
  expect(unfreezing(6, 3)).toEqual([3, 5, 7]);
  expect(unfreezing(2, 1)).toEqual([3]);
});

it.each([
  ['dataset/no-column', ROWS, { text: 'body', label: 'kind' }],
  ['dataset/no-column', ROWS, { text: 'words', label: 'topic' }],
  ['dataset/no-labels', ROWS.map(({ body }) => ({ body, topic: '' })), columns],
  ['dataset/one-label', ROWS.map(({ body }) => ({ body, topic: 'sea' })), columns],
  ['dataset/rare-label', [...ROWS, { body: 'a lone one', topic: 'other' }], columns],
  ['dataset/free-text-labels', ROWS.map(({ body }) => ({ body, topic: `${body} it was, and so on` })), columns],
  ['dataset/empty', [], columns],
] as const)('refuses with %s', async (code, rows, named) => {
  const folder = await makeModel('models/bert');
  const run = transfer(
    folder,
    { file: await makeData(rows, 'bad.jsonl'), columns: named },
    join(work, 'no'),
    settings(),
    context,
  );
  await expect(run).rejects.toMatchObject({ code });
});

it('leaves out rows without a label and says so', async () => {
  const folder = await makeModel('models/bert');
  const file = await makeData([{ body: 'no label here' }, ...ROWS], 'holes.jsonl');
  const result = await transfer(folder, { file, columns }, join(work, 'holes'), settings({ epochs: 1 }), context);
  expect(result.problems).toEqual([expect.objectContaining({ row: 1, code: 'row/no-answer' })]);
});

it('gives a text any number of labels', async () => {
  const folder = await makeModel('models/bert');
  const rows = Array.from({ length: 80 }, (_, i) => {
    const [sea, food] = [i % 2 === 0, i % 3 === 0];
    const word = (words: readonly string[]) => words[(i * 5) % words.length];
    const body = [...(sea ? [word(THINGS)] : []), ...(food ? [word(FOODS)] : []), 'near', String(i)].join(' ');
    return { body, topic: [...(sea ? ['sea'] : []), ...(food ? ['food'] : [])] };
  });
  const file = await makeData(rows, 'sets.jsonl');
  const out = join(work, 'sets');
  const options = settings({ task: 'multi-label', epochs: 40, learningCurve: true });
  const result = await transfer<LabelSetReport>(folder, { file, columns }, out, options, context);
  expect(result.labels).toEqual(['food', 'sea']);
  expect(result.microF1).toBeGreaterThan(0.7);
  expect(result.baseline?.method).toContain('TF-IDF');
  expect(result.learningCurve?.map(({ rows: count }) => count)).toEqual([16, 32, 64]);
  expect(result.learningCurve?.at(-1)?.score).toBe(result.microF1);
  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
  expect(config).toMatchObject({ problem_type: 'multi_label_classification', id2label: { 0: 'food', 1: 'sea' } });
  // What is measured is what the folder says.
  const classifier = await openTextClassifier(out, { threads: 1 });
  const [said] = await classifier.classify([result.hardest[0].text]);
  classifier.dispose();
  expect(classifier.problem).toBe('multi');
  const named = classifier.labels.filter((_, i) => said.outputs[i] >= 0.5).join(', ');
  expect(named).toBe(result.hardest[0].predicted);
});

it.each(['models/bert', 'models/llama'])('makes %s say a number', async (fixture) => {
  const folder = await makeModel(fixture);
  const rows = ROWS.map(({ body, topic }, i) => ({ body, topic: (topic === 'sea' ? 5000 : 1000) + (i % 3) }));
  const file = await makeData(rows, 'numbers.jsonl');
  const out = join(work, `${fixture.replace('/', '-')}-number`);
  const options = settings({ task: 'regression', epochs: 60 });
  const result = await transfer<NumberReport>(folder, { file, columns }, out, options, context);
  expect(result.r2).toBeGreaterThan(0.2);
  expect(result.rootMeanSquaredError).toBeLessThan(result.mean.rootMeanSquaredError);
  expect(result.baseline.r2).toBeGreaterThan(0);
  expect(result.points.map(({ wanted }) => wanted)).toHaveLength(result.testRows);
  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
  expect(config).toMatchObject({ problem_type: 'regression', id2label: { 0: 'topic' } });
  const classifier = await openTextClassifier(out, { threads: 1 });
  const [hard] = result.hardest;
  const [said] = await classifier.classify([hard.text]);
  classifier.dispose();
  expect(said.outputs[0] / hard.predicted).toBeCloseTo(1, 3);
});

it.each([
  ['dataset/no-labels', 'regression', ROWS],
  ['dataset/one-label', 'regression', ROWS.map(({ body }) => ({ body, topic: 7 }))],
  ['dataset/no-labels', 'multi-label', ROWS.map(({ body }) => ({ body, topic: [] }))],
  ['dataset/one-label', 'multi-label', ROWS.map(({ body }) => ({ body, topic: ['sea'] }))],
  [
    'dataset/rare-label',
    'multi-label',
    ROWS.map(({ body }, i) => ({ body, topic: i === 0 ? ['sea', 'odd'] : i % 2 ? ['sea'] : [] })),
  ],
] as const)('refuses with %s what %s cannot learn from', async (code, task, rows) => {
  const folder = await makeModel('models/bert');
  const file = await makeData(rows, 'bad-targets.jsonl');
  const run = transfer(folder, { file, columns }, join(work, 'no'), settings({ task }), context);
  await expect(run).rejects.toMatchObject({ code });
});

it('leaves out rows that are not UTF-8, and counts texts that are cut', async () => {
  const folder = await makeModel('models/bert');
  const file = await makeData([...ROWS, { body: `${'ship '.repeat(40)} end`, topic: 'sea' }], 'latin1.jsonl');
  const bytes = Buffer.concat([Buffer.from('{"body":"caf\u00e9","topic":"food"}\n', 'latin1'), await readFile(file)]);
  await writeFile(file, bytes);
  const result = await transfer(folder, { file, columns }, join(work, 'latin1'), settings({ maxLength: 16 }), context);
  expect(result.problems).toEqual([expect.objectContaining({ row: 1, code: 'row/not-utf8' })]);
  expect(result.cutRows).toBe(1);
  await writeFile(file, Buffer.from('{"body":"caf\u00e9","topic":"food"}\n'.repeat(3), 'latin1'));
  const latin1 = transfer(folder, { file, columns }, join(work, 'no'), settings(), context);
  await expect(latin1).rejects.toMatchObject({ code: 'dataset/not-utf8' });
  await expect(labelFacts(file)).rejects.toMatchObject({ code: 'dataset/not-utf8' });
  await writeFile(file, Buffer.from('\ufeff{"body":"x","topic":"y"}', 'utf16le'));
  const utf16 = transfer(folder, { file, columns }, join(work, 'no'), settings(), context);
  await expect(utf16).rejects.toMatchObject({ code: 'dataset/unreadable' });
});

it('splits each class alike, whatever the order, with equal texts on one side', () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({
    text: `text ${i % 90}`,
    label: i % 10 === 0 ? 'rare' : 'usual',
  }));
  const { train, test } = splitByClass(rows, 0.2, 1);
  expect(test.filter(({ label }) => label === 'rare').length).toBeGreaterThanOrEqual(2);
  expect(train.length + test.length).toBe(100);
  const held = new Set(test.map(({ text }) => text));
  expect(train.some(({ text }) => held.has(text))).toBe(false);
  expect(new Set(splitByClass(rows.toReversed(), 0.2, 1).test.map(({ text }) => text))).toEqual(held);
});

it('finds what words alone tell apart', () => {
  const rows = ROWS.map(({ body, topic }) => ({ text: body, label: topic }));
  const { predicted } = runBaseline(rows.slice(0, 40), rows.slice(40), ['food', 'sea'], 0);
  expect(predicted).toEqual(rows.slice(40).map(({ label }) => ['food', 'sea'].indexOf(label)));
});
