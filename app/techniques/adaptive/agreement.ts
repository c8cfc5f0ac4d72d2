/**
 * How sure each exit must be for its answer to be the whole model's with a given chance: what may be lost is what the whole
 * model knows, so that is what scores are calibrated to, exit by exit, by logistic regression (Platt 1999).
 */

import { NEVER } from '../../models/adaptive-note.ts';
import { type ExitTable, fullAnswers } from './policy.ts';

const ROUNDS = 30;
/** Keeps scores off 0 and 1, where their logarithms end. */
const EDGE = 1e-6;
/** Holds back slopes where all answers agree. */
const RIDGE = 1e-3;

const logit = (score: number): number => {
  const p = Math.min(1 - EDGE, Math.max(EDGE, score));
  return Math.log(p / (1 - p));
};

/** @returns for each chance a threshold for each exit but the last */
export function agreementThresholds(table: ExitTable, chances: readonly number[]): number[][] {
  const exits = table.layers - 1;
  const full = fullAnswers(table);
  const fits = Array.from({ length: exits }, (_, exit) => {
    const scores = Float64Array.from(full, (__, row) => logit(table.scores[row * exits + exit]));
    const agrees = Uint8Array.from(full, (answer, row) =>
      Number(table.predicted[row * table.layers + exit] === answer),
    );
    return fitLogistic(scores, agrees);
  });
  return chances.map((chance) =>
    fits.map(({ slope, offset }) => {
      // Where surer answers agree no more often, nothing can be asked of an exit.
      if (!(slope > 0)) return NEVER;
      return 1 / (1 + Math.exp(-(logit(chance) - offset) / slope));
    }),
  );
}

/** Newton's steps to the likeliest 1 / (1 + exp(-(slope x + offset))). */
export function fitLogistic(
  x: Float64Array,
  y: ArrayLike<number>,
): { readonly slope: number; readonly offset: number } {
  let [slope, offset] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    let [g0, g1, h00, h01, h11] = [-RIDGE * slope, 0, RIDGE, 0, RIDGE];
    for (let i = 0; i < x.length; i++) {
      const p = 1 / (1 + Math.exp(-(slope * x[i] + offset)));
      const weight = p * (1 - p);
      g0 += (y[i] - p) * x[i];
      g1 += y[i] - p;
      h00 += weight * x[i] * x[i];
      h01 += weight * x[i];
      h11 += weight;
    }
    const determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) break;
    const step = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
    // Separable rows have no likeliest slope: long steps would run away.
    const length = Math.max(1, Math.abs(step[0]) / 5, Math.abs(step[1]) / 5);
    slope += step[0] / length;
    offset += step[1] / length;
  }
  return { slope, offset };
}
