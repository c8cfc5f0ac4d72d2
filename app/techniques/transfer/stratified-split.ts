/** Keeps a share of each class apart for measuring: by content, so equal texts are on one side and the order is no matter. */
import { hashText } from '../../datasets/hash.ts';
import type { LabelledText } from './labelled-rows.ts';

export interface Split<R> {
  readonly train: readonly R[];
  readonly test: readonly R[];
}

/** A random part by content alone, where there are no classes. */
export const splitTexts = <R extends { readonly text: string }>(
  rows: readonly R[],
  share: number,
  seed: number,
): Split<R> => splitBy(rows, () => '', share, seed);

export const splitByClass = <R extends LabelledText>(rows: readonly R[], share: number, seed: number): Split<R> =>
  splitBy(rows, ({ label }) => label, share, seed);

/**
 * Of each class about `share` of its texts is held out, and at least one is on each side where there are two.
 * A text that stands under several classes is held out where its first class holds it out.
 */
function splitBy<R extends { readonly text: string }>(
  rows: readonly R[],
  labelOf: (row: R) => string,
  share: number,
  seed: number,
): Split<R> {
  const byClass = new Map<string, Map<string, number>>();
  const owner = new Map<string, string>();
  for (const row of rows) {
    const { text } = row;
    const label = labelOf(row);
    const first = owner.get(text) ?? label;
    owner.set(text, first);
    const texts = byClass.get(first) ?? new Map<string, number>();
    byClass.set(first, texts.set(text, (texts.get(text) ?? 0) + 1));
  }
  const held = new Set<string>();
  for (const texts of byClass.values()) {
    const total = [...texts.values()].reduce((a, b) => a + b, 0);
    const wanted = Math.max(1, Math.round(share * total));
    const order = [...texts]
      .map(([text, count]) => ({ text, count, place: hashText(text, Math.imul(seed + 1, 0x9e3779b1)) }))
      .sort((a, b) => a.place - b.place);
    let taken = 0;
    // The last text of a class is never taken away from training.
    for (const { text, count } of order.slice(0, -1)) {
      if (taken >= wanted) break;
      held.add(text);
      taken += count;
    }
  }
  return { train: rows.filter(({ text }) => !held.has(text)), test: rows.filter(({ text }) => held.has(text)) };
}
