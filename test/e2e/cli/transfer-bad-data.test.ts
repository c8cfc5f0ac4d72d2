/** What people get wrong in data for a classifier: the command says what it is, where, and what to do about it. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lathe } from './lathe.ts';

let lathe: Lathe;
beforeAll(async () => {
  lathe = await Lathe.start();
});
afterAll(() => lathe.end());

const rows = (count: number, labelOf: (i: number) => unknown): string =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ text: `text ${i}`, label: labelOf(i) })).join('\n');

it.each([
  ['dataset/no-labels', 'no labels', rows(8, () => ''), 'no row of'],
  ['dataset/one-label', 'one class', rows(8, () => 'x'), 'all 8 rows have the label "x"'],
  ['dataset/rare-label', 'a class with one example', rows(9, (i) => ['x', 'y', 'z'][i === 8 ? 2 : i % 2]), '"z"'],
  ['dataset/free-text-labels', 'free text', rows(40, (i) => `The answer to ${i}`), '40 different values in 40 rows'],
  ['dataset/not-utf8', 'another encoding', '{"text":"caf\u00e9","label":"x"}\n'.repeat(3), 'is UTF-8 text'],
])('%s: %s', async (code, _, text, words) => {
  const file = lathe.path('data.jsonl');
  await writeFile(file, Buffer.from(text, 'latin1'));
  const error = await lathe.error('transfer', 'minilm', '--data', file, '--out', lathe.path('out'));
  expect(error).toMatchObject({ code, hint: expect.stringMatching(/\w/) });
  expect(error.message).toContain(words);
});

it('reads what it can, and says which rows it left out and how many texts it cut', async () => {
  const file = lathe.path('holes.jsonl');
  const long = JSON.stringify({ text: 'text '.repeat(40), label: 'x' });
  const latin1 = Buffer.from('{"text":"caf\u00e9","label":"x"}\n', 'latin1');
  await writeFile(file, Buffer.concat([latin1, Buffer.from(`${long}\n${rows(12, (i) => 'xy'[i % 2])}`)]));
  const flags = ['--epochs', '1', '--max-length', '16', '--out', lathe.path('out')];
  const { problems, problemCount, cutRows } = await lathe.json('transfer', 'minilm', '--data', file, ...flags);
  expect([problems[0].row, problems[0].code, problemCount, cutRows]).toEqual([1, 'row/not-utf8', 1, 1]);
});
