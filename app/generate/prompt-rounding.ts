/**
 * How inputs and weights of linear layers are scaled before both are rounded to int8, tokens by themselves and columns by
 * themselves, and what error is to be expected of it. Pure.
 */

/** A matrix [rows, width] row-major, or some rows of it. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

/** Steps on either side of zero. */
const LARGEST = 127;

/** Sum of squares of each column, [width]. */
export function columnSquares({ values, width }: Rows): Float64Array {
  const sums = new Float64Array(width);
  for (let start = 0; start < values.length; start += width) {
    for (let i = 0; i < width; i++) sums[i] += values[start + i] * values[start + i];
  }
  return sums;
}

/** Of a column without weights, or an input that the sample never sets, next to the largest. */
const LEAST = 1e-6;

/**
 * Factors s [width] with which x / s and W diag(s) are rounded with less loss (Xiao et al. 2023, SmoothQuant, with alpha 1/2): the
 * square root of how large an input gets by how large its weights are. How large an input gets is the fourth-power mean of
 * its share in its token, which minds tokens of all lengths alike, and peaks more than their mean, less than their maximum
 * does: of three such measures and five exponents that one left the least error in most layers of SmolLM2.
 */
export function smoothingScales({ values, width }: Rows, squares: Float64Array): Float32Array {
  const fourth = new Float64Array(width);
  for (let start = 0; start < values.length; start += width) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += values[start + i] ** 2;
    if (sum === 0) continue;
    for (let i = 0; i < width; i++) fourth[i] += (values[start + i] ** 2 / sum) ** 2;
  }
  const [most, largest] = [fourth, squares].map((all) => all.reduce((a, b) => Math.max(a, b), 0) || 1);
  const scales = Float64Array.from(fourth, (f, i) => {
    const input = Math.max(f / most, LEAST ** 4) ** 0.25;
    const weight = Math.max(squares[i] / largest, LEAST ** 2) ** 0.5;
    return Math.sqrt(input / weight);
  });
  const mean = Math.exp(scales.reduce((sum, s) => sum + Math.log(s), 0) / width);
  return Float32Array.from(scales, (s) => s / mean);
}

/**
 * The share of the results that rounding both sides is expected to change: the root of its mean over tokens. An error is
 * spread evenly over a step, and is counted where results are added to hidden states as a share of these.
 * @param weights rows of the matrix, which stand for all
 * @param sums squared lengths of the hidden states that the results are added to, by as many times as there are more rows
 * smaller; absent: the results count by themselves
 */
export function expectedError(
  { values, width }: Rows,
  weights: Rows,
  scales: Float32Array,
  sums: Float32Array | undefined,
): number {
  const squares = columnSquares(weights);
  const ofInputs = squares.reduce((sum, square, i) => sum + scales[i] ** 2 * square, 0);
  let ofWeights = 0;
  for (let start = 0; start < weights.values.length; start += width) {
    ofWeights += largestOf(weights.values, start, scales) ** 2;
  }
  let total = 0;
  const tokens = values.length / width;
  for (let t = 0; t < tokens; t++) {
    let [largest, sum, result] = [0, 0, 0];
    for (let i = 0, at = t * width; i < width; i++, at++) {
      const x = Math.abs(values[at] / scales[i]);
      if (x > largest) largest = x;
      sum += x * x;
      result += values[at] ** 2 * squares[i];
    }
    total += (largest ** 2 * ofInputs + sum * ofWeights) / ((sums ? sums[t] : result) || 1);
  }
  return Math.sqrt(total / tokens / 12) / LARGEST;
}

/** Largest scaled size in a row. */
function largestOf(matrix: Float32Array, start: number, scales: Float32Array): number {
  let most = 0;
  for (let i = 0; i < scales.length; i++) {
    const size = Math.abs(matrix[start + i]) * scales[i];
    if (size > most) most = size;
  }
  return most;
}
