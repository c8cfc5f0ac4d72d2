/**
 * Ways of stopping that are worth testing, from careful to fast, chosen on rows that nothing is proved with (Pareto testing,
 * Laufer-Goldenberg et al. 2023): for each the thresholds of all exits. One threshold for all exits up to a layer, or for
 * each exit where its answer is the whole model's with one chance for all: deep exits may be less sure than early ones.
 */
import { mean } from '../../evaluate/statistics.ts';
import { agreementThresholds } from './agreement.ts';
import { type ExitTable, NEVER, stoppingLayers } from './policy.ts';

export interface Candidate {
  readonly thresholds: readonly number[];
  /** On the rows it was chosen on. */
  readonly meanLayers: number;
  readonly loss: number;
}

/** Below every score: the exit that everything takes that comes so far. */
export const ALWAYS = -1;
const STEPS = 40;
const MOST = 30;
/** Chances of the whole model's answer that an exit is asked for, closest to 1 where most decisions fall. */
const CHANCES = Array.from({ length: STEPS }, (_, i) => 1 - 0.003 * (0.5 / 0.003) ** (i / (STEPS - 1)));

/** @param lossesOf the loss of each row where rows stop at these layers */
export function proposeCandidates(
  table: ExitTable,
  lossesOf: (stops: ArrayLike<number>) => ArrayLike<number>,
): Candidate[] {
  const exits = table.layers - 1;
  const ways: (readonly number[])[] = [...agreementThresholds(table, CHANCES)];
  for (let last = 1; last <= table.layers; last++) {
    for (const threshold of [...quantiles(table.scores), NEVER]) {
      ways.push(
        Array.from({ length: exits }, (_, exit) => (exit + 1 < last ? threshold : exit + 1 === last ? ALWAYS : NEVER)),
      );
    }
  }
  const all = ways.map((thresholds): Weighed => {
    const stops = stoppingLayers(table, thresholds);
    const losses = lossesOf(stops);
    const harm = mean(Array.from(losses, (loss) => Math.max(0, loss)));
    return { thresholds, meanLayers: mean(stops), loss: mean(losses), harm };
  });
  return sequenceOf(
    all.filter(({ meanLayers }) => meanLayers < table.layers),
    ({ meanLayers }) => meanLayers,
  );
}

/** The candidate in which every row stops at one layer. */
export function fixedLayer(layers: number, layer: number): number[] {
  return Array.from({ length: layers - 1 }, (_, exit) => (exit + 1 < layer ? NEVER : ALWAYS));
}

/** Scores that divide all into equal parts, dense near the largest, where most decisions fall. */
function quantiles(scores: Float32Array): number[] {
  if (scores.length === 0) return [];
  const sorted = Float32Array.from(scores).sort();
  const found = new Set<number>();
  for (let i = 0; i <= STEPS; i++) {
    const share = 1 - (1 - i / STEPS) ** 2;
    found.add(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  }
  return [...found].filter((threshold) => threshold < NEVER);
}

/** Losses that gains do not make up for: what counts as careful. */
export interface Harm {
  readonly harm: number;
}

type Weighed = Candidate & Harm;

/** So many that harm nothing are tried before the fastest of them. */
const CAREFUL = 5;

/**
 * From careful to fast: some that harm nothing, then those that no other is both faster and less harmful than. An even choice:
 * many tests in a row are many chances to stop early.
 */
export function sequenceOf<T extends Harm>(candidates: readonly T[], costOf: (candidate: T) => number): T[] {
  const sorted = candidates.toSorted((a, b) => costOf(a) - costOf(b) || a.harm - b.harm);
  const front: T[] = [];
  for (const candidate of sorted) if (front.length === 0 || candidate.harm < front.at(-1)!.harm) front.push(candidate);
  front.reverse();
  const harmless = sorted.filter(({ harm }) => harm === 0).slice(1);
  const careful = evenly(harmless, CAREFUL).reverse();
  return [...careful, ...evenly(front, MOST)];
}

const evenly = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most
    ? [...all]
    : Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]);
