/** How near written texts are to their references: exact match and token F1 as SQuAD has them, BLEU and chrF as sacrebleu. */
import { bleu } from './bleu.ts';
import { chrf } from './chrf.ts';
import { mean } from './statistics.ts';

export const TEXT_METRICS = ['exactMatch', 'tokenF1', 'bleu', 'chrf', 'chrf++'] as const;
export type TextMetric = (typeof TEXT_METRICS)[number];

/** Exact match and token F1 are shares, BLEU and chrF 0 to 100. */
export type TextScores = Readonly<Partial<Record<TextMetric, number>>>;

const SCORES: Readonly<Record<TextMetric, (answers: readonly string[], references: readonly string[]) => number>> = {
  exactMatch: (answers, references) => shareOf(answers, references, (a, b) => Number(a === b)),
  tokenF1: (answers, references) => shareOf(answers, references, tokenF1),
  bleu: (answers, references) => bleu(answers, eachAlone(references)).score,
  chrf: (answers, references) => chrf(answers, eachAlone(references)),
  'chrf++': (answers, references) => chrf(answers, eachAlone(references), { words: 2 }),
};

/** One reference for each text. */
const eachAlone = (references: readonly string[]) => references.map((text) => [text]);

export const scoreTexts = (
  answers: readonly string[],
  references: readonly string[],
  metrics: readonly TextMetric[],
): TextScores => Object.fromEntries(metrics.map((metric) => [metric, SCORES[metric](answers, references)]));

function shareOf(
  answers: readonly string[],
  references: readonly string[],
  score: (a: string, b: string) => number,
): number {
  return mean(answers.map((answer, i) => score(normalise(answer), normalise(references[i]))));
}

/** SQuAD's normalisation (Rajpurkar et al. 2016): lower case, no punctuation, no English articles, single spaces. */
export const normalise = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\p{P}/gu, '')
    .replace(/\b(a|an|the)\b/g, ' ')
    .trim()
    .replace(/\s+/g, ' ');

/** Harmonic mean of token precision and recall. */
export function tokenF1(answer: string, reference: string): number {
  const [a, b] = [answer, reference].map((text) => (text === '' ? [] : text.split(' ')));
  if (a.length === 0 || b.length === 0) return Number(a.length === b.length);
  const counts = new Map<string, number>();
  for (const token of b) counts.set(token, (counts.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of a) {
    const left = counts.get(token) ?? 0;
    if (left > 0) common += 1;
    counts.set(token, left - 1);
  }
  return common === 0 ? 0 : (2 * common) / (a.length + b.length);
}
