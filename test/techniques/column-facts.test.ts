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
    classes: [],
    problem: undefined,
  });
  expect(facts.columns[0].examples).toEqual(['Ahab sails', 'a']);
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
