/** Perplexities of versions compare only where they were taken on the same text: finds the one that most versions share. */
import type { Measurements } from '../contract/measurements.ts';
import type { StoredMeasurement } from '../store/models.ts';

/** Stands for the text that comes with Lathe, where a step was given no data. */
export const OWN_TEXT = 'text of Lathe';

export interface Yardstick {
  /** Path of a data set, or OWN_TEXT. */
  readonly evaluatedOn: string;
  readonly quality: Measurements;
}

/** What each version, given by its measurements newest first, was found to be on the commonest text, or else on its newest. */
export function onOneYardstick(versions: readonly (readonly StoredMeasurement[])[]): (Yardstick | undefined)[] {
  const qualities = versions.map((measurements) =>
    measurements.flatMap(({ evaluatedOn = OWN_TEXT, values: { perplexity, evaluatedTokens, bleu, chrf } }) =>
      perplexity === undefined ? [] : [{ evaluatedOn, quality: { perplexity, evaluatedTokens, bleu, chrf } }],
    ),
  );
  const counts = new Map<string, number>();
  for (const known of qualities)
    for (const text of new Set(known.map(({ evaluatedOn }) => evaluatedOn)))
      counts.set(text, (counts.get(text) ?? 0) + 1);
  const [common] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
  return qualities.map((known) => known.find(({ evaluatedOn }) => evaluatedOn === common) ?? known[0]);
}
