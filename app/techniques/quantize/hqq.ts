/** HQQ: grids found without any data, by making the rounding errors sparse rather than small. */
import { type BlockOptions, type Grid, gridOf, type QuantizedBlocks, quantizeWith } from './rtn.ts';

/** Errors count by this power: below one, a few large ones are cheaper than many small ones. */
const POWER = 0.7;
const ITERATIONS = 20;
/** Iterations without a better grid after which the search ends. */
const PATIENCE = 2;
const BETA = 10;
const KAPPA = 1.01;

/**
 * Half-quadratic quantization (Badri and Shaji 2023): alternates between the shrunken errors and the grid that fits the
 * weights without them, in units of the group's spread; zero points are whole numbers here. The grid that `gridOf` gives
 * stays where nothing better is found.
 * @param weights [rows, columns] row-major
 */
export function quantizeHqq(
  weights: Float32Array,
  rows: number,
  columns: number,
  options: BlockOptions,
): QuantizedBlocks {
  const { bits, symmetric } = options;
  return quantizeWith(weights, rows, columns, options, (begin, end) =>
    halfQuadratic(weights, begin, end, bits, symmetric),
  );
}

export function halfQuadratic(
  values: ArrayLike<number>,
  begin: number,
  end: number,
  bits: number,
  symmetric: boolean,
): Grid {
  const first = gridOf(values, begin, end, bits, symmetric);
  if (first.scale === 0) return first;
  const most = 2 ** bits - 1;
  let best = first;
  let least = costOf(values, begin, end, first, most);
  let { scale, zeroPoint: zero } = first;
  const unit = Math.abs(first.scale);
  let beta = BETA;
  let worse = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++, beta *= KAPPA) {
    let [n, q1, q2, t1, qt] = [0, 0, 0, 0, 0];
    for (let i = begin; i < end; i++) {
      const code = Math.max(0, Math.min(most, Math.round(values[i] / scale + zero)));
      const error = (values[i] - (code - zero) * scale) / unit;
      // The proximal step of |e|^p: what remains is the part of the error that is let be.
      const size = Math.abs(error);
      const kept = size === 0 ? 0 : Math.sign(error) * Math.max(0, size - size ** (POWER - 1) / beta);
      const target = values[i] - kept * unit;
      const q = symmetric ? code - zero : code;
      n += 1;
      q1 += q;
      q2 += q * q;
      t1 += target;
      qt += q * target;
    }
    // Least squares of target = scale * (code - zero); symmetric: the zero point stays.
    if (symmetric) scale = q2 > 0 ? qt / q2 : scale;
    else {
      const spread = n * q2 - q1 * q1;
      if (spread > 0) scale = (n * qt - q1 * t1) / spread;
      if (scale !== 0) zero = q1 / n - t1 / n / scale;
    }
    if (!(Math.abs(scale) > 1e-30)) break;
    const whole = { scale: Math.fround(scale), zeroPoint: Math.max(0, Math.min(most, Math.round(zero))) };
    const cost = costOf(values, begin, end, whole, most);
    if (cost < least) {
      least = cost;
      best = whole;
      worse = 0;
    } else if (++worse === PATIENCE) break;
  }
  return best;
}

function costOf(
  values: ArrayLike<number>,
  begin: number,
  end: number,
  { scale, zeroPoint }: Grid,
  most: number,
): number {
  let cost = 0;
  for (let i = begin; i < end; i++) {
    const code = Math.max(0, Math.min(most, Math.round(values[i] / scale + zeroPoint)));
    cost += Math.abs(values[i] - (code - zeroPoint) * scale) ** POWER;
  }
  return cost;
}
