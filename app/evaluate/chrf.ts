/** chrF (Popović 2015): how many runs of characters translations share with their references, as sacrebleu 2 computes it. */
import { countRuns, splitAtSpaces, wordsOf } from './translation-words.ts';

/** Recall counts twice as much as precision. */
const BETA = 2;
const CHARACTERS = 6;

export interface ChrfOptions {
  /** Longest runs of words that count too: 2 makes it chrF++; default none. */
  readonly words?: number;
  readonly lowercase?: boolean;
}

/** Of one length of runs: how many a translation has, its reference has, and both have. */
interface Runs {
  readonly own: number;
  readonly wanted: number;
  readonly shared: number;
}

/**
 * Of all runs of the whole set together; of several references the one that scores best counts.
 * @returns 0 to 100
 */
export function chrf(
  translations: readonly string[],
  references: readonly (readonly string[])[],
  { words = 0, lowercase = false }: ChrfOptions = {},
): number {
  const countsOf = (text: string) => {
    const line = lowercase ? text.toLowerCase() : text;
    const characters = [...splitAtSpaces(line).join('')];
    const tokens = words > 0 ? wordsOf(line) : [];
    const byCharacter = Array.from({ length: CHARACTERS }, (_, n) => countRuns(characters, n + 1, ''));
    return [...byCharacter, ...Array.from({ length: words }, (_, n) => countRuns(tokens, n + 1))];
  };
  const sums = Array.from({ length: CHARACTERS + words }, () => ({ own: 0, wanted: 0, shared: 0 }));
  translations.forEach((translation, i) => {
    const own = countsOf(translation);
    const candidates = references[i].map((reference) => {
      const wanted = countsOf(reference);
      return own.map((counts, n) => compare(counts, wanted[n]));
    });
    const best = candidates.reduce((a, b) => (score(b) > score(a) ? b : a));
    best.forEach((runs, n) => {
      sums[n].own += runs.own;
      sums[n].wanted += runs.wanted;
      sums[n].shared += runs.shared;
    });
  });
  return score(sums);
}

function compare(own: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): Runs {
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  let shared = 0;
  for (const [run, count] of own) shared += Math.min(count, wanted.get(run) ?? 0);
  // Runs longer than the reference say nothing of precision.
  return { own: wanted.size > 0 ? total(own) : 0, wanted: total(wanted), shared };
}

/** The F-score of the mean precision and the mean recall over the lengths that both sides have. */
function score(runs: readonly Runs[]): number {
  const known = runs.filter(({ own, wanted }) => own > 0 && wanted > 0);
  if (known.length === 0) return 0;
  const mean = (of: (runs: Runs) => number) => known.reduce((sum, entry) => sum + of(entry), 0) / known.length;
  const precision = mean(({ own, shared }) => shared / own);
  const recall = mean(({ wanted, shared }) => shared / wanted);
  const weight = BETA ** 2;
  return precision + recall === 0 ? 0 : (100 * (1 + weight) * precision * recall) / (weight * precision + recall);
}
