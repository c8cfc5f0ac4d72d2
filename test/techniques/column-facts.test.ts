/** Columns of texts and classes are found by name or by what is in them, and what speaks against them is said. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labelFacts } from '../../app/techniques/transfer/column-facts.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-columns-'));
afterAll(() => rm(work, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(work, name);
  await writeFile(file, text);
  return file;
}

it('finds columns by what is in them, and counts classes', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i},"a longer note number ${i}",${i % 3 === 0 ? 'bad' : 'good'}`);
  const file = await write('notes.csv', ['id,note,mood', ...rows, '99,,bad', '100,a note without a mood,'].join('\n'));
  const facts = await labelFacts(file);
  expect(facts).toMatchObject({ text: 'note', label: 'mood', rows: 14, usableRows: 12, classCount: 2 });
  expect(facts.classes).toEqual([
    { label: 'good', count: 8 },
    { label: 'bad', count: 4 },
  ]);
  expect(facts.problem).toBeUndefined();
  expect(facts.columns.find(({ name }) => name === 'mood')).toMatchObject({ filled: 13, distinct: 2 });
});

it('finds lists of words and tags, and counts what can be used of them', async () => {
  const lines = Array.from({ length: 3 }, () => JSON.stringify({ tokens: ['Ahab', 'sails'], tags: ['B-PER', 'O'] }));
  const file = await write('tags.jsonl', [...lines, '{"tokens":["a"]}'].join('\n'));
  const facts = await labelFacts(file, { task: 'token-classification' });
  expect(facts).toMatchObject({
    text: 'tokens',
    label: 'tags',
    rows: 4,
    usableRows: 3,
    problem: undefined,
    leftOut: [{ row: 4, code: 'row/no-answer' }],
  });
  expect(facts.classes).toEqual([
    { label: 'B-PER', count: 3 },
    { label: 'O', count: 3 },
  ]);
  expect(facts.columns[0].examples).toEqual(['Ahab sails', 'a']);
});

const rowsOf = (count: number, row: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => JSON.stringify(row(i))).join('\n');

it.each([
  ['classification', 'stars of five', (i: number) => ({ text: `text ${i}`, stars: i % 5 }), { label: 'stars' }],
  [
    'multi-label',
    'lists',
    (i: number) => ({ text: `text ${i}`, topics: i % 2 ? ['a', 'b'] : ['c'] }),
    { label: 'topics' },
  ],
  [
    'multi-label',
    'names parted',
    (i: number) => ({ text: `t ${i}`, kind: ['a|b', 'b', 'c;a'][i % 3] }),
    { label: 'kind' },
  ],
  [
    'regression',
    'fractions',
    (i: number) => ({ id: i, note: `a note ${i}`, price: i / 4 }),
    { text: 'note', label: 'price' },
  ],
  [
    'similarity',
    'pairs',
    (i: number) => ({ question: `what is ${i}`, answer: `that it is ${i}` }),
    { text: 'question', other: 'answer' },
  ],
  [
    'similarity',
    'scored pairs',
    (i: number) => ({ sentence1: `the one ${i}`, sentence2: `the other ${i}`, score: i / 10 }),
    { text: 'sentence1', other: 'sentence2', label: 'score' },
  ],
  [
    'similarity',
    'triples',
    (i: number) => ({ anchor: `the one ${i}`, positive: `one like it ${i}`, negative: `another ${i}` }),
    { text: 'anchor', other: 'positive', negative: 'negative' },
  ],
])('knows %s by %s', async (task, _, row, columns) => {
  const facts = await labelFacts(await write('guess.jsonl', rowsOf(24, row)));
  expect(facts).toMatchObject({ task, suggestedTask: task, usableRows: 24, problem: undefined, ...columns });
});

it('says where numbers lie, and what stands in pairs', async () => {
  const numbers = await labelFacts(
    await write(
      'n.jsonl',
      rowsOf(40, (i) => ({ text: `t ${i}`, price: i + 0.5 })),
    ),
  );
  expect(numbers.numbers).toMatchObject({ least: 0.5, most: 39.5, mean: 20 });
  expect(numbers.numbers?.counts.reduce((a, b) => a + b, 0)).toBe(40);
  const triples = rowsOf(3, (i) => ({
    anchor: `the one ${i}`,
    positive: `like it ${i}`,
    negative: i ? `another ${i}` : '',
  }));
  expect((await labelFacts(await write('p.jsonl', triples))).pairs).toEqual({ scored: false, negatives: 2 });
});

it('names rows that cannot be used, of any task', async () => {
  const lines = [
    rowsOf(4, (i) => ({ text: `text ${i}`, price: i + 0.5 })),
    '{"text":"no price"}',
    '{"text":"bad","price":"dear"}',
  ];
  const facts = await labelFacts(await write('left.jsonl', lines.join('\n')), { task: 'regression', label: 'price' });
  expect(facts).toMatchObject({ rows: 6, usableRows: 4, leftOutCount: 2 });
  expect(facts.leftOut.map(({ row, code }) => [row, code])).toEqual([
    [5, 'row/no-answer'],
    [6, 'row/no-answer'],
  ]);
});

it('takes the columns asked for, whatever else there is', async () => {
  const lines = Array.from({ length: 6 }, (_, i) => JSON.stringify({ text: `t${i}`, label: i % 2, kind: `k${i % 3}` }));
  const file = await write('asked.jsonl', lines.join('\n'));
  expect(await labelFacts(file)).toMatchObject({ text: 'text', label: 'label' });
  expect(await labelFacts(file, { label: 'kind' })).toMatchObject({ label: 'kind', classCount: 3 });
});

it.each([
  ['dataset/one-label', 'text,label\na,x\nb,x\n'],
  ['dataset/rare-label', 'text,label\na,x\nb,x\nc,y\nd,y\ne,z\n'],
  [
    'dataset/free-text-labels',
    `text,label\n${Array.from({ length: 30 }, (_, i) => `t${i},answer number ${i}`).join('\n')}\n`,
  ],
  ['dataset/no-labels', 'text,label\na,\nb,\n'],
])('says %s', async (code, text) => {
  const { problem } = await labelFacts(await write('bad.csv', text));
  expect(problem).toMatchObject({ code, hint: expect.any(String) });
});

it('says so where no column looks like classes', async () => {
  const file = await write('plain.jsonl', '{"body":"one"}\n{"body":"two"}\n');
  expect(await labelFacts(file)).toMatchObject({
    text: 'body',
    label: undefined,
    problem: { code: 'dataset/no-column' },
  });
});
