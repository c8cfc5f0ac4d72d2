/** Texts of two topics, told apart by their words, and tiny models that can read them. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWordTokenizer } from '../../models/word-tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const THINGS = ['ship', 'whale', 'sea', 'harbour', 'sail', 'captain'];
const FOODS = ['bread', 'cheese', 'apple', 'soup', 'honey', 'butter'];

/** Every tenth text has words of both topics, so that some are harder than others. */
export function topicRows(count: number): { text: string; label: string }[] {
  return Array.from({ length: count }, (_, i) => {
    const [own, other] = i % 2 === 0 ? [THINGS, FOODS] : [FOODS, THINGS];
    const pick = (words: readonly string[], k: number) => words[(i * 7 + k * 5 + Math.floor(i / 6)) % words.length];
    const third = i % 10 < 2 ? pick(other, 3) : pick(own, 3);
    return { text: `${pick(own, 1)} and ${pick(own, 2)} near ${third} ${i}`, label: i % 2 === 0 ? 'sea' : 'food' };
  });
}

export async function writeRows(file: string, rows: readonly object[]): Promise<string> {
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
}

/** A fixture's layers with a tokenizer of one token for each word. */
export async function makeReader(parent: string, fixture: string): Promise<string> {
  const folder = join(parent, fixture.replace('/', '-'));
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  await writeWordTokenizer(folder, ['[PAD]', '[OTHER]', '[UNK]', 'and', 'near', ...THINGS, ...FOODS]);
  return folder;
}

export const readJson = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
