/** Plain texts: the lines of a file are one document, rows of their own are kept apart also where they share a row. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadDataset } from '../../app/datasets/load.ts';
import { planPacked } from '../../app/datasets/packing.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-documents-'));
afterAll(() => rm(work, { recursive: true }));
const tokenizer = await loadTokenizer(join(import.meta.dirname, '../fixtures/tokenizers/smollm2'));
const texts = ['Call me Ishmael.', 'It was a damp, drizzly November.', 'The sea is calm.'];

async function load(name: string, content: string) {
  const file = join(work, name);
  await writeFile(file, content);
  return (await loadDataset(file, tokenizer, undefined, { maxLength: 64 })).train;
}

it('packs documents into one row that do not see one another', async () => {
  const store = await load('rows.jsonl', texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  expect(store.count).toBe(texts.length);
  const { segments, positions } = planPacked(store, { length: 64, rows: 1, seed: 0, epoch: 0 }).batch(0);
  expect(new Set(segments)).toEqual(new Set([0, 1, 2, 3]));
  for (const [i, segment] of segments.entries())
    if (segment > 0 && segment !== segments[i - 1]) expect(positions[i]).toBe(0);
});

it('keeps the lines of a file together', async () => {
  const store = await load('lines.txt', texts.join('\n'));
  expect(store.count).toBe(1);
});
