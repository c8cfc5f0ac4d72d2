/** Token ids of texts as a classifier reads them: special tokens around what fits. */
import type { Tokenizer } from './tokenizer.ts';

/** Cuts at the end of the text and keeps the special tokens, as transformers' `truncation=True` does; says of each text that it is cut. */
export function encodeTexts(
  tokenizer: Tokenizer,
  texts: readonly string[],
  maxLength: number,
  onCut?: () => void,
): Int32Array[] {
  return texts.map((text) => {
    const whole = tokenizer.encode(text, { special: true });
    if (whole.length > maxLength) onCut?.();
    else return Int32Array.from(whole.length > 0 ? whole : [tokenizer.padId ?? 0]);
    const plain = tokenizer.encode(text);
    const before = whole.findIndex((_, at) => at + plain.length <= whole.length && startsAt(whole, plain, at));
    const head = whole.slice(0, before);
    const tail = whole.slice(before + plain.length);
    return Int32Array.from([...head, ...plain.slice(0, Math.max(0, maxLength - head.length - tail.length)), ...tail]);
  });
}

const startsAt = (whole: readonly number[], part: readonly number[], at: number): boolean =>
  whole[at] === part[0] && whole[at + part.length - 1] === part.at(-1);

/**
 * Indices of texts in batches of alike length, so that little is padding; the longest first.
 * @param tokens of a batch, padding counted
 */
export function* byLength(texts: readonly ArrayLike<number>[], tokens: number): Generator<number[]> {
  const order = texts.map((_, i) => i).sort((a, b) => texts[b].length - texts[a].length || a - b);
  for (let at = 0; at < order.length; ) {
    const rows = Math.max(1, Math.floor(tokens / texts[order[at]].length));
    yield order.slice(at, at + rows);
    at += rows;
  }
}
