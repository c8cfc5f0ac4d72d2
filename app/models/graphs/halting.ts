/**
 * Adaptive computation time (Graves 2016) over the layers of a model: a unit after each layer says how much of the answer it
 * gives; a text halts where these shares have come to nearly one, and the layer it halts at takes what remains.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

/** Shares that have come to 1 - EPSILON are as good as one: a text may halt at its first layer (Graves, equation 6). */
export const EPSILON = 0.01;

export interface Halting {
  /** float32 [rows, 1] of each layer: its share of the answer; they add up to 1. */
  readonly shares: readonly Value[];
  /** float32 [rows, 1]: layers that ran, and the remainder, through which alone it has a gradient (equations 10 to 13). */
  readonly ponder: Value;
}

/** @param halts float32 [rows, 1] of each layer but the last, which always halts: how much its unit says, 0 to 1 */
export function emitHalting(g: GraphBuilder, halts: readonly Value[]): Halting {
  const one = g.scalar(1);
  const enough = g.scalar(1 - EPSILON);
  const shares: Value[] = [];
  // Of the first layer nothing has halted before.
  let before = g.scale(halts[0], 0);
  let running = g.add(before, one);
  let ponder = before;
  for (let layer = 0; layer <= halts.length; layer++) {
    const remainder = g.sub(one, before);
    ponder = g.add(ponder, running);
    if (layer === halts.length) {
      shares.push(g.mul(running, remainder));
      ponder = g.add(ponder, g.mul(running, remainder));
      break;
    }
    const sum = g.add(before, halts[layer]);
    // Comparing gives no gradient: at how many layers a text halts is constant.
    const ends = g.cast(g.op('GreaterOrEqual', [sum, enough]), 'float32');
    const halting = g.mul(running, ends);
    const goesOn = g.sub(running, halting);
    shares.push(g.add(g.mul(halting, remainder), g.mul(goesOn, halts[layer])));
    ponder = g.add(ponder, g.mul(halting, remainder));
    before = sum;
    running = goesOn;
  }
  return { shares, ponder };
}

/** Sum of the layers' answers [rows, labels], each times its share. */
export const weighted = (g: GraphBuilder, shares: readonly Value[], answers: readonly Value[]): Value =>
  shares.map((share, i) => g.mul(share, answers[i])).reduce((a, b) => g.add(a, b));

export interface HaltedAnswer {
  /** float32 [rows, labels]: the answer of a text that halts here. */
  readonly answer: Value;
  /** float32 [rows, 1], at most 1: what the units up to here have come to. */
  readonly sum: Value;
}

/**
 * What each layer but the last answers if a text halts there and has not before, for a model that runs.
 * @param halts as for `emitHalting`
 * @param answers float32 [rows, labels] of the same layers
 */
export function haltedAnswers(g: GraphBuilder, halts: readonly Value[], answers: readonly Value[]): HaltedAnswer[] {
  const one = g.scalar(1);
  const results: HaltedAnswer[] = [];
  let before: Value | undefined;
  let given: Value | undefined;
  for (const [layer, halt] of halts.entries()) {
    const sum: Value = before ? g.op('Min', [g.add(before, halt), one]) : halt;
    const rest = before ? g.mul(g.sub(one, before), answers[layer]) : answers[layer];
    results.push({ answer: given ? g.add(given, rest) : rest, sum });
    const share = g.mul(before ? g.sub(sum, before) : sum, answers[layer]);
    given = given ? g.add(given, share) : share;
    before = sum;
  }
  return results;
}
