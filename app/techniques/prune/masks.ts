/** Which single weights become zero: by size, or by size times what flows through (Wanda, Sun et al. 2023). */

/**
 * Zeroes the least important weights of every row, of equal ones the first.
 * @param weight [rows, columns], changed in place
 * @param norms of each column's inputs over the calibration text (Wanda: score = |w| * norm); absent: by |w| alone
 * @param share of a row's weights that go; '2:4': two of every four neighbours
 */
export function zeroLeast(
  weight: Float32Array,
  columns: number,
  norms: ArrayLike<number> | undefined,
  share: number | '2:4',
): void {
  const group = share === '2:4' ? 4 : columns;
  const go = share === '2:4' ? 2 : Math.round(share * columns);
  const scores = new Float64Array(columns);
  for (let row = 0; row < weight.length; row += columns) {
    for (let i = 0; i < columns; i++) scores[i] = Math.abs(weight[row + i]) * (norms ? norms[i] : 1);
    for (let begin = 0; begin + group <= columns; begin += group) {
      zeroGroup(weight, row + begin, scores.subarray(begin, begin + group), go);
    }
  }
}

function zeroGroup(weight: Float32Array, at: number, scores: Float64Array, count: number): void {
  if (count === 0) return;
  const limit = Float64Array.from(scores).sort()[count - 1];
  let left = count;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] >= limit) continue;
    weight[at + i] = 0;
    left -= 1;
  }
  for (let i = 0; i < scores.length && left > 0; i++) {
    if (scores[i] !== limit) continue;
    weight[at + i] = 0;
    left -= 1;
  }
}
