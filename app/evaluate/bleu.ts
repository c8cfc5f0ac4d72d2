/** BLEU (Papineni et al. 2002) of a whole set of translations, as sacrebleu 2 computes it by default (Post 2018). */
import { countRuns, splitAtSpaces, tokens13a } from './translation-words.ts';

const LONGEST = 4;

export interface BleuOptions {
  readonly tokenize?: '13a' | 'none';
  readonly lowercase?: boolean;
  /** What an order without a match counts as; `floor` takes 0.1, `add-k` 1. */
  readonly smoothing?: 'exp' | 'floor' | 'add-k' | 'none';
  /** Only orders that the texts are long enough for count: for single sentences. */
  readonly effectiveOrder?: boolean;
}

export interface BleuScore {
  /** 0 to 100. */
  readonly score: number;
  /** Of runs of 1 to 4 tokens, 0 to 100. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Tokens of the translations, and of the references that are nearest to them in length. */
  readonly length: number;
  readonly referenceLength: number;
}

/** @param references of each translation: one or several */
export function bleu(
  translations: readonly string[],
  references: readonly (readonly string[])[],
  { tokenize = '13a', lowercase = false, smoothing = 'exp', effectiveOrder = false }: BleuOptions = {},
): BleuScore {
  const tokensOf = (text: string) => {
    const line = (lowercase ? text.toLowerCase() : text).trimEnd();
    return tokenize === '13a' ? tokens13a(line) : splitAtSpaces(line);
  };
  const matches = new Array<number>(LONGEST).fill(0);
  const totals = new Array<number>(LONGEST).fill(0);
  let [length, referenceLength] = [0, 0];
  translations.forEach((translation, i) => {
    const tokens = tokensOf(translation);
    const wanted = references[i].map(tokensOf);
    length += tokens.length;
    referenceLength += nearest(
      tokens.length,
      wanted.map((reference) => reference.length),
    );
    for (let n = 1; n <= LONGEST; n++) {
      const known = wanted.map((reference) => countRuns(reference, n));
      for (const [run, count] of countRuns(tokens, n)) {
        totals[n - 1] += count;
        matches[n - 1] += Math.min(count, Math.max(...known.map((counts) => counts.get(run) ?? 0)));
      }
    }
  });
  const precisions = new Array<number>(LONGEST).fill(0);
  const brevityPenalty = length >= referenceLength ? 1 : length > 0 ? Math.exp(1 - referenceLength / length) : 0;
  const result = { precisions, brevityPenalty, length, referenceLength };
  if (matches.every((count) => count === 0)) return { score: 0, ...result };
  let orders = LONGEST;
  let halved = 1;
  for (let n = 0; n < LONGEST; n++) {
    const added = smoothing === 'add-k' && n > 0 ? 1 : 0;
    const [matched, total] = [matches[n] + added, totals[n] + added];
    if (total === 0) break;
    if (effectiveOrder) orders = n + 1;
    if (matched > 0) precisions[n] = (100 * matched) / total;
    else if (smoothing === 'exp') precisions[n] = 100 / ((halved *= 2) * total);
    else if (smoothing === 'floor') precisions[n] = (100 * 0.1) / total;
  }
  const logs = precisions.slice(0, orders).map((precision) => (precision > 0 ? Math.log(precision) : -Infinity));
  return { score: brevityPenalty * Math.exp(logs.reduce((a, b) => a + b) / orders), ...result };
}

/** The length that is nearest to a translation's; of two as near the shorter. */
function nearest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, other) => {
    const [gap, least] = [Math.abs(other - length), Math.abs(best - length)];
    return gap < least || (gap === least && other < best) ? other : best;
  });
}
