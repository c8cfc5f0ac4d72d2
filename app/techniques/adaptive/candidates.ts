/**
 * Ways of stopping that are worth testing, from careful to fast, chosen on rows that nothing is proved with (Pareto testing,
 * Laufer-Goldenberg et al. 2023): for each the thresholds of all exits. One threshold for all exits up to a layer, or for
 * each exit where its answer is the whole model's with one chance for all: deep exits may be less sure than early ones.
 */
import { mean } from '../../evaluate/statistics.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { agreementThresholds } from './agreement.ts';
import { allExits } from './exit-graphs.ts';
import { type ExitTable, stoppingLayers } from './policy.ts';

export interface Candidate {
  readonly thresholds: readonly number[];
  /** On the rows it was chosen on. */
  readonly meanLayers: number;
  readonly loss: number;
}

/** Below every score: the exit that everything takes that comes so far. */
export const ALWAYS = -1;
/** What asking an exit takes, in layers (MiniLM, 32 tokens; less for longer texts). */
const EXIT_COST = 0.06;
const STEPS = 40;
const MOST = 30;
/** Chances of the whole model's answer that an exit is asked for, closest to 1 where most decisions fall. */
const CHANCES = Array.from({ length: STEPS }, (_, i) => 1 - 0.003 * (0.5 / 0.003) ** (i / (STEPS - 1)));

/** What each row loses where rows stop at these layers. */
export type LossesOf = (stops: ArrayLike<number>) => ArrayLike<number>;

export interface Proposed {
  /** Layers whose exits are asked at all: those that pay for themselves. */
  readonly exits: readonly number[];
  readonly candidates: readonly Candidate[];
}

/** @param allowed what may be lost: exits are those that pay at it */
export function proposeCandidates(table: ExitTable, lossesOf: LossesOf, allowed: number): Proposed {
  const chances = agreementThresholds(table, CHANCES);
  const weigh = (exits: readonly number[]) => weighWays(table, waysOf(table, exits, chances), exits, lossesOf);
  const exits = payingExits(table.layers, weigh, allowed);
  return { exits, candidates: sequenceOf(weigh(exits), ({ cost }) => cost) };
}

/** Thresholds of ways of stopping at some exits only. */
function waysOf(table: ExitTable, exits: readonly number[], chances: readonly (readonly number[])[]): number[][] {
  const all = allExits(table);
  const only = (thresholdOf: (layer: number) => number) =>
    all.map((layer) => (exits.includes(layer) ? thresholdOf(layer) : NEVER));
  const thresholds = [...quantiles(table.scores), NEVER];
  return [
    ...chances.map((thresholds) => only((layer) => thresholds[layer - 1])),
    ...[...exits, table.layers].flatMap((last) =>
      thresholds.map((threshold) => only((layer) => (layer < last ? threshold : layer === last ? ALWAYS : NEVER))),
    ),
  ];
}

function weighWays(
  table: ExitTable,
  ways: readonly (readonly number[])[],
  exits: readonly number[],
  lossesOf: LossesOf,
): Weighed[] {
  return ways
    .map((thresholds): Weighed => {
      const stops = stoppingLayers(table, thresholds);
      const losses = lossesOf(stops);
      const harm = mean(Array.from(losses, (loss) => Math.max(0, loss)));
      const asked = mean(Array.from(stops, (stop) => exits.filter((layer) => layer <= stop).length));
      const meanLayers = mean(stops);
      return { thresholds, meanLayers, cost: meanLayers + EXIT_COST * asked, loss: mean(losses), harm };
    })
    .filter(({ meanLayers }) => meanLayers < table.layers);
}

/**
 * Exits that save more than asking them costs: beginning with all, the one that saves least is left out, as long as the
 * fastest way that loses no more than is allowed stays about as fast.
 */
function payingExits(layers: number, weigh: (exits: readonly number[]) => Weighed[], allowed: number): number[] {
  const fastest = (exits: readonly number[]) =>
    weigh(exits).reduce((least, { loss, cost }) => (loss <= allowed ? Math.min(least, cost) : least), layers);
  let exits = allExits({ layers });
  let cost = fastest(exits);
  while (exits.length > 1) {
    const fewer = exits
      .map((left) => exits.filter((layer) => layer !== left))
      .map((some) => ({ exits: some, cost: fastest(some) }))
      .reduce((a, b) => (b.cost < a.cost ? b : a));
    if (fewer.cost > cost + EXIT_COST / 2) break;
    exits = fewer.exits;
    cost = Math.min(cost, fewer.cost);
  }
  return exits;
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

interface Weighed extends Candidate, Harm {
  /** Layers, and what asking exits adds to them. */
  readonly cost: number;
}

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
