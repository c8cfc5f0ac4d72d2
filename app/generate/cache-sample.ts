/** The text whose keys and values tell how large those of other texts will be. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadTokenizer } from '../models/tokenizer.ts';

/** Tokens that the scales of an int8 cache come from. */
export const SAMPLE_LENGTH = 512;
const TEXT = fileURLToPath(new URL('../../resources/data/moby-dick-train.txt', import.meta.url));

/** The sample that comes with Lathe, in a model's tokens. */
export async function sampleIds(folder: string): Promise<number[]> {
  const [tokenizer, text] = await Promise.all([loadTokenizer(folder), readFile(TEXT, 'utf8')]);
  return tokenizer.encode(text.slice(0, 8 * SAMPLE_LENGTH), { special: true });
}
