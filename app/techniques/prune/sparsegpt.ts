/** SparseGPT: single weights become zero, and those that are left make good what that changes. */
import { dampedFactor } from '../../tensor/cholesky.ts';
import { pushErrors } from '../../tensor/push-errors.ts';

/** Columns whose mask is chosen at once. */
const BLOCK = 128;
/** Added to the Hessian's diagonal, times its mean; ten times that wherever it cannot be factored. */
const DAMP = 0.01;

/**
 * Columns from left to right: in each block the weights with the least (w / U)² go, over all rows, and what that changes is
 * made good by the columns that follow (Frantar and Alistarh 2023, arXiv:2301.00774, Algorithm 1; U is the upper factor of the
 * inverse Hessian). Weights of inputs that never fired go first, for they change nothing.
 * @param weight [rows, columns], changed in place
 * @param hessian [columns, columns], proportional to the sum of x xᵀ over calibration tokens; not changed
 * @param share of each block's weights that go; '2:4': two of every four neighbours
 * @param size columns of a block, a multiple of four
 */
export function sparseGpt(
  weight: Float32Array,
  columns: number,
  hessian: Float64Array,
  share: number | '2:4',
  size = BLOCK,
): void {
  const rows = weight.length / columns;
  const { factor } = dampedFactor(hessian, columns, DAMP);
  const diagonal = Float64Array.from({ length: columns }, (_, c) => factor[c * columns + c]);
  const work = Float64Array.from(weight);
  for (let c = 0; c < columns; c++) {
    if (hessian[c * columns + c] === 0) for (let row = 0; row < rows; row++) work[row * columns + c] = 0;
  }
  const errors = new Float64Array(rows * size);
  const goes = new Uint8Array(rows * size);
  const score = (row: number, c: number) => (work[row * columns + c] / diagonal[c]) ** 2;
  for (let begin = 0; begin < columns; begin += size) {
    const end = Math.min(columns, begin + size);
    goes.fill(0);
    if (share !== '2:4') markLeast(goes, share, score, { rows, begin, end, size });
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      const from = row * size - begin;
      for (let c = begin; c < end; c++) {
        // Neighbours are compared as they are by then, what columns before them left to make good included.
        if (share === '2:4' && c % 4 === 0) for (const gone of leastTwo(row, c, score)) goes[from + gone] = 1;
        errors[from + c] = 0;
        if (goes[from + c] === 0) continue;
        const error = work[at + c] / diagonal[c];
        errors[from + c] = error;
        work[at + c] = 0;
        const u = c * columns;
        for (let j = c + 1; j < end; j++) work[at + j] -= error * factor[u + j];
      }
    }
    pushErrors(work, errors, factor, rows, columns, begin, end, size);
    // Later columns never come back to these: what went stays exactly zero.
    for (let row = 0; row < rows; row++) {
      for (let c = begin; c < end; c++) if (goes[row * size + c - begin]) work[row * columns + c] = 0;
    }
  }
  weight.set(work);
}

type Score = (row: number, column: number) => number;

/** Marks the share of a block's weights with the least scores; of equal ones the first. */
function markLeast(
  goes: Uint8Array,
  share: number,
  score: Score,
  { rows, begin, end, size }: Readonly<Record<'rows' | 'begin' | 'end' | 'size', number>>,
): void {
  const width = end - begin;
  const scores = Float64Array.from({ length: rows * width }, (_, i) =>
    score(Math.floor(i / width), begin + (i % width)),
  );
  const count = Math.round(share * scores.length);
  if (count === 0) return;
  const limit = Float64Array.from(scores).sort()[count - 1];
  let equal = count - scores.reduce((n, value) => n + Number(value < limit), 0);
  scores.forEach((value, i) => {
    if (value > limit || (value === limit && equal-- <= 0)) return;
    goes[Math.floor(i / width) * size + (i % width)] = 1;
  });
}

/** The two columns of four with the least scores. */
function leastTwo(row: number, column: number, score: Score): number[] {
  const four = [column, column + 1, column + 2, column + 3];
  const scores = four.map((c) => score(row, c));
  return four.sort((a, b) => scores[a - column] - scores[b - column] || a - b).slice(0, 2);
}
