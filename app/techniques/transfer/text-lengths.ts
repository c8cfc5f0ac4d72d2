/** How long the texts of a data set are in a model's tokens, from the first of them: what will be cut, and how long it takes. */
import type { Tokenizer } from '../../models/tokenizer.ts';
import { rowsOf } from './scan-columns.ts';

/** Enough to say which share is long, to a few points. */
const SAMPLED = 400;

/**
 * @param columns whose texts, or lists of words, are read
 * @returns tokens of each text with those that mark beginning and end, shortest first
 * @throws UserError dataset/*
 */
export async function textLengths(
  path: string,
  columns: readonly string[],
  tokenizer: Tokenizer,
  words: boolean,
): Promise<number[]> {
  const lengths: number[] = [];
  for await (const batch of rowsOf(path, words)) {
    for (const { value } of batch) {
      for (const column of columns) {
        const content = value?.[column];
        const text = Array.isArray(content) ? content.join(' ') : content;
        if (typeof text === 'string' && text !== '') lengths.push(tokenizer.encode(text, { special: true }).length);
      }
      if (lengths.length >= SAMPLED) return lengths.sort((a, b) => a - b);
    }
  }
  return lengths.sort((a, b) => a - b);
}
