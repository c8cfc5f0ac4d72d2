/** The scale (and zero point) of a group that leaves the least error, where inputs of large activations weigh more. */
import { codeOf, type Grid, gridOf } from './rtn.ts';

/** Scales tried, as shares of the one that reaches the extremes of the group. */
const SHARES = Array.from({ length: 13 }, (_, i) => 1.1 - 0.04 * i);

/**
 * Tries narrower and slightly wider grids than `gridOf`'s, then fits scale to the codes found by weighted least squares.
 * @param importance weight of each error, from `at` on; absent: all alike
 */
export function searchGrid(
  values: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  symmetric: boolean,
  importance?: ArrayLike<number>,
  at = 0,
): Grid {
  const first = gridOf(values, begin, end, bits, symmetric);
  if (first.scale === 0) return first;
  let best = first;
  let least = errorOf(values, begin, end, bits, first, importance, at);
  const keep = (grid: Grid) => {
    if (grid.scale === 0 || !Number.isFinite(1 / grid.scale)) return;
    const error = errorOf(values, begin, end, bits, grid, importance, at);
    if (error >= least) return;
    least = error;
    best = grid;
  };
  const signs = symmetric ? [1, -1] : [1];
  for (const sign of signs) {
    for (const share of SHARES) {
      const scale = Math.fround(first.scale * share * sign);
      if (symmetric) keep({ scale, zeroPoint: first.zeroPoint });
      else {
        // The centre moves little when the ends are given up alike.
        const most = 2 ** bits - 1;
        const middle = (most / 2 - first.zeroPoint) * first.scale;
        const zero = most / 2 - middle / scale;
        for (const z of [Math.floor(zero), Math.ceil(zero)]) {
          keep({ scale, zeroPoint: Math.max(0, Math.min(most, z)) });
        }
      }
    }
  }
  keep({ scale: refit(values, begin, end, bits, best, importance, at), zeroPoint: best.zeroPoint });
  return best;
}

/** sum of importance * (value - rounded)². */
export function errorOf(
  values: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  { scale, zeroPoint }: Grid,
  importance: ArrayLike<number> | undefined,
  at: number,
): number {
  const inverse = 1 / scale;
  const most = 2 ** bits - 1;
  let sum = 0;
  for (let i = begin; i < end; i++) {
    let code = Math.floor(values[i] * inverse + zeroPoint + 0.5);
    if (code < 0) code = 0;
    else if (code > most) code = most;
    const error = values[i] - (code - zeroPoint) * scale;
    sum += error * error * (importance ? importance[at + i - begin] : 1);
  }
  return sum;
}

/** The scale that suits the codes of a grid best: sum(h w q) / sum(h q²). */
function refit(
  values: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  { scale, zeroPoint }: Grid,
  importance: ArrayLike<number> | undefined,
  at: number,
): number {
  let above = 0;
  let below = 0;
  for (let i = begin; i < end; i++) {
    const q = codeOf(values[i], Math.fround(1 / scale), zeroPoint, bits) - zeroPoint;
    const weight = importance ? importance[at + i - begin] : 1;
    above += weight * values[i] * q;
    below += weight * q * q;
  }
  return below === 0 ? scale : Math.fround(above / below);
}
