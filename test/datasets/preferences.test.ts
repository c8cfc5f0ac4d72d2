/** Preferences on the way to training: two examples a row, what is left out, and what a check says of the same file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkDataset, loadDataset } from '../../app/datasets/index.ts';
import { findChatTemplate } from '../../app/models/chat-template.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-preference-rows-'));
afterAll(() => rm(work, { recursive: true }));
const folder = join(import.meta.dirname, '../fixtures/tokenizers/smollm2');
const long = 'and so it goes on and on '.repeat(10);
const rows = [
  { prompt: 'What is 2 + 2?', chosen: 'Four.', rejected: 'Five.' },
  { prompt: 'And 3?', chosen: 'Same.', rejected: 'Same.' },
  { prompt: 'Go on', chosen: `${long}well`, rejected: `${long}badly` },
  { prompt: 'Empty', chosen: 'Yes', rejected: '' },
  { prompt: 'Cut', chosen: `A ${long}`, rejected: `B ${long}` },
];
const file = join(work, 'pairs.jsonl');
await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
const found = [
  [2, 'row/equal-answers'],
  [3, 'row/equal-answers'],
  [4, 'row/no-answer'],
  [5, 'row/truncated'],
];

it('gives each row twice, and leaves out those that tell nothing', async () => {
  const tokenizer = await loadTokenizer(folder);
  const data = await loadDataset(file, tokenizer, await findChatTemplate(folder), { maxLength: 64, pairs: true });
  expect(data.problems.map(({ row, code }) => [row, code])).toEqual(found);
  expect(data.train.count).toBe(4);
  const [chosen, rejected] = [data.train.get(0), data.train.get(1)];
  const learnt = ({ ids, labels }: typeof chosen) => tokenizer.decode(Array.from(ids).filter((_, i) => labels[i] >= 0));
  expect(learnt(chosen)).toContain('Four.');
  expect(learnt(rejected)).toContain('Five.');
  expect(learnt(chosen)).not.toContain('What');
});

it('finds the same in a check', async () => {
  const report = await checkDataset(file, { format: 'preference', model: folder, maxLength: 64 });
  expect(report.problems.map(({ row, code }) => [row, code])).toEqual(found);
  expect(report.usableRows).toBe(2);
});
