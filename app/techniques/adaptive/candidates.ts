/**
 * Ways of stopping that are worth testing, from careful to fast, chosen on rows that nothing is proved with (Pareto testing,
 * Laufer-Goldenberg et al. 2023): for each the thresholds of all exits.
 */
import { type ExitTable, mean, NEVER, stoppingLayers } from './policy.ts';

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

/** @param lossesOf the loss of each row where rows stop at these layers */
export function proposeCandidates(
  table: ExitTable,
  lossesOf: (stops: ArrayLike<number>) => ArrayLike<number>,
): Candidate[] {
  const exits = table.layers - 1;
  const all: Candidate[] = [];
  for (let last = 1; last <= table.layers; last++) {
    for (const threshold of [...quantiles(table.scores), NEVER]) {
      const thresholds = Array.from({ length: exits }, (_, exit) =>
        exit + 1 < last ? threshold : exit + 1 === last ? ALWAYS : NEVER,
      );
      const stops = stoppingLayers(table, thresholds);
      all.push({ thresholds, meanLayers: mean(stops), loss: mean(lossesOf(stops)) });
    }
  }
  return thin(front(all));
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

/** Those that no other is both faster and better than, from the slowest to the fastest. */
function front(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((a, b) => a.meanLayers - b.meanLayers || a.loss - b.loss);
  const kept: Candidate[] = [];
  for (const candidate of sorted) if (kept.length === 0 || candidate.loss < kept.at(-1)!.loss) kept.push(candidate);
  return kept.reverse();
}

/** Many tests in a row are many chances to stop early: an even choice of them is enough. */
function thin(candidates: readonly Candidate[]): Candidate[] {
  if (candidates.length <= MOST) return [...candidates];
  return Array.from({ length: MOST }, (_, i) => candidates[Math.round((i * (candidates.length - 1)) / (MOST - 1))]);
}
