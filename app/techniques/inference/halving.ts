/**
 * Successive halving (Jamieson and Talwalkar 2016): all ways are measured in turns, the slower half is dropped, and so on, so
 * that the time goes to those that could be the best. Turns are interleaved, so that a busy minute falls on all alike.
 */
import { median } from '../../evaluate/statistics.ts';

export interface HalvingOptions<T> {
  /** When it must be over, on the clock `now`, ms. */
  readonly until: number;
  readonly now: () => number;
  /** Ways left at the end. */
  readonly finalists: number;
  /** Never dropped: what the others are compared with. */
  readonly keep?: T;
  /** Most measurements of each way between two droppings. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
}

export interface Halved<T> {
  /** The finalists, best first, then the others, the later dropped first. */
  readonly ranked: readonly T[];
  /** For which the time did not suffice. */
  readonly untried: readonly T[];
}

/**
 * @param arms the most promising first: they are tried where time is short
 * @param measure costs, the smaller the better; undefined: this way does not work here
 * @param samples gets every measurement
 */
export async function halve<T>(
  arms: readonly T[],
  measure: (arm: T) => Promise<number | undefined>,
  samples: Map<T, number[]>,
  { until, now, finalists, keep, rounds = 5, signal }: HalvingOptions<T>,
): Promise<Halved<T>> {
  let left = [...arms];
  const dropped: T[] = [];
  const untried: T[] = [];
  const cost = (arm: T) => median(samples.get(arm) ?? []);
  for (;;) {
    const rungs = Math.max(1, Math.ceil(Math.log2(left.length / finalists)) + 1);
    const end = now() + (until - now()) / rungs;
    for (let round = 0; round < rounds && (round === 0 || now() < end); round++) {
      // There and back: who comes first in one round comes last in the next.
      for (const arm of round % 2 === 0 ? [...left] : left.toReversed()) {
        signal?.throwIfAborted();
        // Whatever the time, the first is measured: without it nothing can be said.
        if (now() >= until && samples.size > 0) break;
        const value = await measure(arm);
        if (value === undefined) left = left.filter((other) => other !== arm);
        else samples.set(arm, [...(samples.get(arm) ?? []), value]);
      }
    }
    untried.push(...left.filter((arm) => !samples.has(arm)));
    left = left.filter((arm) => samples.has(arm)).sort((a, b) => cost(a) - cost(b));
    if (left.length <= finalists || now() >= until) return { ranked: [...left, ...dropped], untried };
    const most = Math.max(finalists, Math.ceil(left.length / 2));
    const stays = left.filter((arm, place) => place < most || arm === keep);
    if (stays.length === left.length) return { ranked: [...left, ...dropped], untried };
    dropped.unshift(...left.filter((arm) => !stays.includes(arm)));
    left = stays;
  }
}
