/** Token ids of sentences that are parted into words already, with the place of each word's first token. */
import type { Tokenizer } from './tokenizer.ts';

export interface EncodedWords {
  readonly ids: Int32Array;
  /** Of the first token of each word. */
  readonly places: readonly number[];
}

/**
 * As transformers' `is_split_into_words`. A sentence that is too long becomes several pieces, parted between words, so that
 * every word is read; a word longer than a whole piece loses its end.
 * @param maxLength tokens of a piece, special ones included
 */
export function encodeWords(tokenizer: Tokenizer, words: readonly string[], maxLength: number): EncodedWords[] {
  const { head, tail } = around(tokenizer);
  const room = Math.max(1, maxLength - head.length - tail.length);
  // Tokenizers that put no space before a text see the words of a sentence after one.
  const gap = tokenizer.addsSpace ? '' : ' ';
  const pieces: EncodedWords[] = [];
  let ids: number[] = [];
  let places: number[] = [];
  const flush = () => {
    pieces.push({ ids: Int32Array.from([...head, ...ids, ...tail]), places });
    [ids, places] = [[], []];
  };
  words.forEach((word, at) => {
    const own = tokenizer.encode(at === 0 ? word : `${gap}${word}`).slice(0, room);
    // What a tokenizer drops altogether is still a word with a tag.
    if (own.length === 0) own.push(tokenizer.unknownId ?? tokenizer.padId ?? 0);
    if (ids.length + own.length > room) flush();
    places.push(head.length + ids.length);
    ids.push(...own);
  });
  flush();
  return pieces;
}

/** Special tokens before and after a text. */
function around(tokenizer: Tokenizer): { head: readonly number[]; tail: readonly number[] } {
  const plain = tokenizer.encode('a');
  const whole = tokenizer.encode('a', { special: true });
  const before = whole.findIndex((_, at) => plain.every((id, i) => whole[at + i] === id));
  if (before < 0) return { head: [], tail: [] };
  return { head: whole.slice(0, before), tail: whole.slice(before + plain.length) };
}
