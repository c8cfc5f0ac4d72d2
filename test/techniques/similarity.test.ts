/** Encoders that learn which texts are alike: the losses of sentence-transformers, nearer pairs, a folder that others read. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { rowCosines, scoreRetrieval } from '../../app/evaluate/embeddings.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { openSession } from '../../app/runtime/open.ts';
import { readPairs } from '../../app/techniques/transfer/paired-rows.ts';
import { transferSchema } from '../../app/techniques/transfer/schema.ts';
import type { SimilarityReport } from '../../app/techniques/transfer/similarity.ts';
import { transfer } from '../../app/techniques/transfer/transfer.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-similar-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const columns = { text: 'text_a', other: 'text_b', label: 'score' };
const WORDS = ['ship', 'whale', 'sea', 'sail', 'bread', 'cheese', 'apple', 'soup'];
const OTHERS = ['vessel', 'beast', 'ocean', 'canvas', 'loaf', 'dairy', 'fruit', 'broth'];
/** Each word has another that means the same. */
const PAIRS = Array.from({ length: 64 }, (_, i) => {
  const [a, b] = [i % 8, (i + 1 + (i >> 3)) % 8];
  return { text_a: `${WORDS[a]} ${WORDS[b]}`, text_b: `${OTHERS[a]} ${OTHERS[b]}` };
});
const SCORED = Array.from({ length: 64 }, (_, i) => {
  const [a, b] = [i % 8, (3 * i + (i >> 3)) % 8];
  return { text_a: WORDS[a], text_b: OTHERS[b], score: a === b ? 5 : a >> 2 === b >> 2 ? 3 : 0 };
});

async function makeModel(fixture = 'models/bert'): Promise<string> {
  const folder = join(work, fixture.replace('/', '-'));
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  await writeWordTokenizer(folder, ['[PAD]', '[OTHER]', '[UNK]', ...WORDS, ...OTHERS]);
  return folder;
}

async function makeData(rows: readonly object[], name = 'pairs.jsonl'): Promise<string> {
  const file = join(work, name);
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
}
const settings = (more: object = {}) =>
  transferSchema.parse({ task: 'similarity', epochs: 12, learningRate: 5e-3, ...more });
const context = { threads: 1, cacheFolder: join(work, 'cache') };

/** Means of the tokens' vectors, not normed, of texts one by one. */
async function vectorsOf(folder: string, texts: readonly string[]): Promise<Float32Array> {
  const [model, tokenizer] = [await openModel(folder), await loadTokenizer(folder)];
  const { width } = model.config;
  const all = new Float32Array(texts.length * width);
  for (const [row, text] of texts.entries()) {
    const ids = tokenizer.encode(text, { special: true });
    const { last_hidden_state } = await runModel(model, { input_ids: int64([1, ids.length], ids) }, { threads: 1 });
    (last_hidden_state.data as Float32Array).forEach((value, i) => {
      all[row * width + (i % width)] += value / ids.length;
    });
  }
  return all;
}

const logSum = (values: readonly number[]) => Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));

/** Each with a third text that is not alike. */
const TRIPLES = PAIRS.map((pair, i) => ({ ...pair, negative: `${OTHERS[(i + 3) % 8]} ${WORDS[i % 8]}` }));

it.each([
  ['ranking', PAIRS],
  ['ranking', TRIPLES],
  ['order', SCORED],
] as const)('begins with the loss that sentence-transformers gives (%s)', async (contrast, all) => {
  const rows: readonly ((typeof all)[number] & { readonly negative?: string })[] = all.slice(0, 16);
  const folder = await makeModel();
  const file = await makeData(rows);
  const options = settings({ epochs: 1, batchSize: 16, learningRate: 1e-9 });
  const data = { file, columns, evaluation: file };
  const result = await transfer<SimilarityReport>(folder, data, join(work, 'first'), options, context);
  const a = await vectorsOf(
    folder,
    rows.map(({ text_a }) => text_a),
  );
  const b = await vectorsOf(
    folder,
    rows.map(({ text_b }) => text_b),
  );
  const width = a.length / rows.length;
  const at = (all: Float32Array, row: number) => all.slice(row * width, (row + 1) * width);
  const cosine = (i: number, j: number) => rowCosines(at(a, i), at(b, j), width)[0];
  const places = rows.map((_, i) => i);
  const scores = SCORED.map(({ score }) => score);
  const negatives = rows.flatMap(({ negative }) => negative ?? []);
  const third = await vectorsOf(folder, negatives);
  const answers = (i: number) => [
    ...places.map((j) => 20 * cosine(i, j)),
    ...negatives.map((_, j) => 20 * rowCosines(at(a, i), at(third, j), width)[0]),
  ];
  const expected =
    contrast === 'ranking'
      ? places.reduce((sum, i) => sum + logSum(answers(i)) - 20 * cosine(i, i), 0) / rows.length
      : logSum([
          0,
          ...places.flatMap((i) =>
            places.filter((j) => scores[i] < scores[j]).map((j) => 20 * (cosine(i, i) - cosine(j, j))),
          ),
        ]);
  expect(result.contrast).toBe(contrast);
  expect(result.epochs[0].loss).toBeCloseTo(expected, 3);
});

it('brings pairs together, and writes what sentence-transformers reads', async () => {
  const folder = await makeModel();
  const file = await makeData(PAIRS);
  const out = join(work, 'paired');
  const result = await transfer<SimilarityReport>(
    folder,
    { file, columns, evaluation: file },
    out,
    settings(),
    context,
  );
  expect(result.after.recallAt1!).toBeGreaterThan(result.before.recallAt1! + 0.2);
  expect(result.epochs.at(-1)!.loss).toBeLessThan(result.epochs[0].loss / 2);

  // The folder says of the texts what was measured.
  const a = await vectorsOf(
    out,
    PAIRS.map(({ text_a }) => text_a),
  );
  const b = await vectorsOf(
    out,
    PAIRS.map(({ text_b }) => text_b),
  );
  const isRight = (i: number, j: number) => PAIRS[i].text_b === PAIRS[j].text_b;
  expect(scoreRetrieval(a, b, a.length / PAIRS.length, isRight).recallAt1).toBeCloseTo(result.after.recallAt1!, 10);
  const modules = JSON.parse(await readFile(join(out, 'modules.json'), 'utf8'));
  expect(modules.map(({ type }: { type: string }) => type.split('.').at(-1))).toEqual([
    'Transformer',
    'Pooling',
    'Normalize',
  ]);
  const pooling = JSON.parse(await readFile(join(out, '1_Pooling', 'config.json'), 'utf8'));
  expect(pooling).toMatchObject({ pooling_mode_mean_tokens: true, pooling_mode_cls_token: false });

  const path = join(out, 'onnx', 'model.onnx');
  const session = await openSession(await readFile(path), { threads: 1, dataFolder: dirname(path) });
  const ids = (await loadTokenizer(out)).encode(PAIRS[0].text_a, { special: true });
  const shape = [1, ids.length];
  const feeds: Record<string, ReturnType<typeof int64>> = {
    input_ids: int64(shape, ids),
    attention_mask: int64(
      shape,
      ids.map(() => 1),
    ),
    token_type_ids: int64(
      shape,
      ids.map(() => 0),
    ),
  };
  const { last_hidden_state } = await session.run(
    Object.fromEntries(session.inputs.map((name) => [name, feeds[name]])),
  );
  session.dispose();
  const width = a.length / PAIRS.length;
  const exported = last_hidden_state.data as Float32Array;
  for (let i = 0; i < width; i++) {
    const mean = ids.reduce((sum, _, t) => sum + exported[t * width + i], 0) / ids.length;
    expect(Math.abs(mean - a[i])).toBeLessThan(1e-3);
  }
});

it('orders pairs as their scores do, and goes on alike after it was stopped', async () => {
  const folder = await makeModel('architectures/distilbert');
  const file = await makeData(SCORED);
  const options = settings({ checkpointMinutes: 1e-9, epochs: 8 });
  const run = (out: string, more: object = {}) =>
    transfer<SimilarityReport>(folder, { file, columns, evaluation: file }, join(work, out), options, {
      ...context,
      ...more,
    });
  const whole = await run('whole');
  expect(whole.after.spearman!).toBeGreaterThan(Math.max(0.5, whole.before.spearman! + 0.2));
  const stop = new AbortController();
  const stopping = run('stopped', {
    signal: stop.signal,
    onStep: ({ step }: { step: number }) => step === 5 && stop.abort(),
  });
  await expect(stopping).rejects.toThrow();
  const resumed = await run('stopped', { resume: true });
  expect(resumed.epochs.map(({ loss }) => loss)).toEqual(whole.epochs.map(({ loss }) => loss));
  expect(resumed.after).toEqual(whole.after);
});

const NAMES = { text: 'text_a', other: 'text_b', score: 'score', negative: 'negative' };

it('reads a third text where it is not alike', async () => {
  const rows = [
    { anchor: 'a', positive: 'b', negative: 'c' },
    { anchor: 'd', positive: 'e', negative: '' },
  ];
  const { rows: read } = await readPairs(await makeData(rows, 'triples.jsonl'), NAMES);
  expect(read).toEqual([
    { text: 'a', other: 'b', negative: 'c' },
    { text: 'd', other: 'e' },
  ]);
});

it('finds the columns by the names usual for pairs, and leaves out rows that lack a side', async () => {
  const rows = [
    { sentence1: 'a', sentence2: 'b', score: '1.5' },
    { sentence1: 'c' },
    { sentence1: 'd', sentence2: 'e' },
  ];
  const more = { sentence1: 'f', sentence2: 'g', score: 2 };
  const read = await readPairs(await makeData([...rows, more], 'usual.jsonl'), {
    text: 'text',
    other: 'x',
    score: 'label',
    negative: 'none',
  });
  expect(read.rows).toEqual([
    { text: 'a', other: 'b', score: 1.5 },
    { text: 'f', other: 'g', score: 2 },
  ]);
  expect(read.problems.map(({ row, code }) => [row, code])).toEqual([
    [2, 'row/missing-field'],
    [3, 'row/no-answer'],
  ]);
});

it.each([
  ['dataset/no-column', [{ text_a: 'a', note: 'b' }]],
  ['dataset/empty', [{ text_a: 'a', text_b: ' ' }]],
  ['dataset/one-label', SCORED.map((row) => ({ ...row, score: 1 }))],
])('refuses with %s', async (code, rows) => {
  const file = await makeData(rows, 'bad.jsonl');
  await expect(readPairs(file, NAMES)).rejects.toMatchObject({ code });
});

it('refuses a model that is no bare encoder', async () => {
  const folder = await makeModel('models/llama');
  const data = { file: await makeData(PAIRS), columns };
  await expect(transfer(folder, data, join(work, 'no'), settings(), context)).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
});
