/** Words tagged by tiny models: data read from JSON and from lines, first tokens labelled, files that agree, bad data refused. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openWordTagger, wordsOf } from '../../app/evaluate/tag-words.ts';
import { encodeWords } from '../../app/models/encode-words.ts';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { openSession } from '../../app/runtime/open.ts';
import { transferSchema } from '../../app/techniques/transfer/schema.ts';
import { readTagged } from '../../app/techniques/transfer/tagged-rows.ts';
import type { TagReport } from '../../app/techniques/transfer/tasks/token-classification.ts';
import { transfer } from '../../app/techniques/transfer/transfer.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { writeWordTokenizer } from '../models/word-tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-tags-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const columns = { text: 'text', label: 'label' };
const NAMES = ['ahab', 'ishmael', 'starbuck', 'queequeg'];
const PLACES = ['nantucket', 'paris', 'japan', 'boston'];
/** Names of one or two words, and places: told apart by the words alone. */
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const pick = (words: readonly string[], k: number) => words[(i * k + (i >> 2)) % words.length];
  const surname = i % 3 === 0;
  return {
    tokens: [pick(NAMES, 1), ...(surname ? ['coffin'] : []), 'sails', 'to', pick(PLACES, 3), `${i}`],
    tags: ['B-PER', ...(surname ? ['I-PER'] : []), 'O', 'O', 'B-LOC', 'O'],
  };
});
const CONLL = ROWS.map(({ tokens, tags }) => tokens.map((word, i) => `${word} ${tags[i]}`).join('\n')).join('\n\n');

async function makeModel(fixture: string): Promise<string> {
  const folder = join(work, fixture.replace('/', '-'));
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  // Few tokens are known to the fixtures: the names are made of two, so that not every token has a label.
  const parts = NAMES.flatMap((name) => [name.slice(0, 2), `##${name.slice(2)}`]);
  const words = new Set([...parts, 'coffin', 'sails', 'to', ...PLACES]);
  await writeWordTokenizer(folder, ['[PAD]', '[OTHER]', '[UNK]', ...words]);
  return folder;
}

async function makeFile(name: string, content: string): Promise<string> {
  const file = join(work, name);
  await writeFile(file, content);
  return file;
}
const jsonl = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const settings = (more: object = {}) =>
  transferSchema.parse({ task: 'token-classification', epochs: 12, learningRate: 2e-2, ...more });
const context = { threads: 1, cacheFolder: join(work, 'cache') };

it('labels the first token of each word and reads every word of a sentence that is too long', async () => {
  const tokenizer = await loadTokenizer(await makeModel('models/bert'));
  const id = (token: string) => tokenizer.tokenToId(token)!;
  const words = ['ahab', 'sails', '\u0007', 'queequeg'];
  const whole = encodeWords(tokenizer, words, 16);
  expect(whole.map(({ ids, places }) => [[...ids], places])).toEqual([
    [
      [id('ah'), id('##ab'), id('sails'), id('[UNK]'), id('qu'), id('##eequeg')],
      [0, 2, 3, 4],
    ],
  ]);
  const pieces = encodeWords(tokenizer, words, 3);
  expect(pieces.map(({ ids, places }) => [ids.length, places])).toEqual([
    [3, [0, 2]],
    [3, [0, 1]],
  ]);
});

it.each([
  ['models/bert', 'BertForTokenClassification', 'classifier.weight'],
  ['architectures/distilbert', 'DistilBertForTokenClassification', 'classifier.weight'],
  ['architectures/roberta', 'RobertaForTokenClassification', 'classifier.weight'],
  ['models/modernbert', 'ModernBertForTokenClassification', 'classifier.weight'],
  ['models/llama', 'LlamaForTokenClassification', 'score.weight'],
  ['models/gpt2', 'GPT2ForTokenClassification', 'classifier.weight'],
])('%s learns to tag words, and its folder and ONNX file agree', async (fixture, name, weight) => {
  const folder = await makeModel(fixture);
  const out = join(work, `${fixture.replace('/', '-')}-out`);
  const file = await makeFile('rows.jsonl', jsonl(ROWS));
  const result = await transfer<TagReport>(folder, { file, columns }, out, settings(), context);
  expect(result.epochs.at(-1)!.loss).toBeLessThan(result.epochs[0].loss);
  expect(result.labels).toEqual(['B-LOC', 'B-PER', 'I-PER', 'O']);
  expect(result.words.train + result.words.test).toBe(ROWS.flatMap(({ tokens }) => tokens).length);
  expect(result.entities!.perType.map(({ label }) => label)).toEqual(['LOC', 'PER']);

  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
  expect([config.architectures, config.problem_type, config.id2label[2]]).toEqual([[name], undefined, 'I-PER']);
  const model = await openModel(out);
  expect([model.task, model.weights.has(weight)]).toEqual([{ kind: 'token-classification', labels: 4 }, true]);

  // What was measured is what the written folder and the ONNX file say of the same words.
  const tokenizer = await loadTokenizer(out);
  const path = join(out, 'onnx', 'model.onnx');
  const session = await openSession(await readFile(path), { threads: 1, dataFolder: dirname(path) });
  const [{ ids, places }] = encodeWords(tokenizer, ROWS[0].tokens, 64);
  const ones = int64([1, ids.length], new Array<number>(ids.length).fill(1));
  const inputs = { input_ids: int64([1, ids.length], [...ids]), attention_mask: ones };
  const feeds: Record<string, typeof ones> = {
    ...inputs,
    token_type_ids: int64(
      [1, ids.length],
      [...ids].map(() => 0),
    ),
  };
  const own = await runModel(model, inputs, { threads: 1 });
  const other = await session.run(Object.fromEntries(session.inputs.map((input) => [input, feeds[input]])));
  session.dispose();
  expect([...other.logits.shape]).toEqual([1, ids.length, 4]);
  const [a, b] = [own.logits.data as Float32Array, other.logits.data as Float32Array];
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i])).toBeLessThan(1e-3);

  const tagger = await openWordTagger(out, { threads: 1 });
  const said = await tagger.tag(ROWS[0].tokens);
  tagger.dispose();
  places.forEach((place, word) => {
    const row = [...a.subarray(4 * place, 4 * place + 4)];
    expect(said[word]).toMatchObject({
      word: ROWS[0].tokens[word],
      label: result.labels[row.indexOf(Math.max(...row))],
    });
  });
});

it('tunes everything for tags, and measures what it wrote', async () => {
  const folder = await makeModel('models/bert');
  const file = await makeFile('rows.jsonl', jsonl(ROWS));
  const out = join(work, 'full-out');
  const options = settings({ method: 'full', epochs: 15, learningRate: 3e-3, maxLength: 8 });
  const result = await transfer<TagReport>(folder, { file, columns, evaluation: file }, out, options, context);
  expect(result.epochs.at(-1)!.loss).toBeLessThan(result.epochs[0].loss / 2);
  const tagger = await openWordTagger(out, { threads: 1, maxLength: 8 });
  let right = 0;
  for (const { tokens, tags } of ROWS) {
    const said = await tagger.tag(tokens);
    right += said.filter(({ label }, i) => label === tags[i]).length;
  }
  tagger.dispose();
  expect(right / result.words.test).toBeCloseTo(result.accuracy, 10);
  expect(result.entities!.f1).toBeGreaterThan(0.95);
});

it('reads lines of word and tag as it reads lists', async () => {
  const lists = await readTagged(await makeFile('rows.jsonl', jsonl(ROWS)), columns);
  for (const name of ['rows.conll', 'rows.txt', 'rows.tsv']) {
    expect(await readTagged(await makeFile(name, CONLL), columns)).toEqual(lists);
  }
  const four =
    '-DOCSTART- -X- -X- O\r\n\r\n# a remark\r\nAhab NNP B-NP B-PER\r\n# NN B-NP O\r\n\r\nsails VB B-VP O\r\n';
  expect((await readTagged(await makeFile('four.conll', four), columns)).rows).toEqual([
    { words: ['Ahab', '#'], tags: ['B-PER', 'O'] },
    { words: ['sails'], tags: ['O'] },
  ]);
  const broken = await readTagged(await makeFile('broken.conll', 'Ahab B-PER\nsails\n\nto O\n'), columns).catch(
    (e) => e,
  );
  expect(broken).toMatchObject({ code: 'dataset/one-label' });
});

it.each([
  ['other lengths', [{ tokens: ['a', 'b'], tags: ['O'] }, ...ROWS], 1],
  ['no tags', [{ tokens: ['a'] }, ...ROWS], 1],
  ['a text instead of words', [{ tokens: 'a b', tags: ['O', 'O'] }, ...ROWS], 1],
])('leaves out rows with %s and says so', async (_, rows, count) => {
  const read = await readTagged(await makeFile('some.jsonl', jsonl(rows)), columns);
  expect([read.rows.length, read.problemCount, read.problems[0].row]).toEqual([60, count, 1]);
});

it.each([
  ['dataset/no-column', [{ words: ['a'], label2: ['O'] }]],
  ['dataset/no-labels', [{ tokens: ['a'], tags: [] }]],
  ['dataset/one-label', [{ tokens: ['a', 'b'], tags: ['O', 'O'] }]],
  ['dataset/no-usable-rows', [{ tokens: ['a', 'b'], tags: ['O'] }]],
])('refuses with %s', async (code, rows) => {
  await expect(readTagged(await makeFile('bad.jsonl', jsonl(rows)), columns)).rejects.toMatchObject({ code });
});

it('parts a text into words as tagged data sets do', () => {
  expect(wordsOf("Call me Ishmael, of Nan\u0303tucket's No. 9!")).toEqual([
    'Call',
    'me',
    'Ishmael',
    ',',
    'of',
    'Nan\u0303tucket',
    "'",
    's',
    'No',
    '.',
    '9',
    '!',
  ]);
});
