/** Makes the columns that follow a block good for what changed in it, as GPTQ and SparseGPT do. */

/** work[row, end…] -= errors[row] @ factor[begin…end, end…], four columns at a time. */
export function pushErrors(
  work: Float64Array,
  errors: Float64Array,
  factor: Float64Array,
  rows: number,
  columns: number,
  begin: number,
  end: number,
  block: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    const from = row * block - begin;
    let c = begin;
    for (; c + 4 <= end; c += 4) {
      const [e0, e1, e2, e3] = [errors[from + c], errors[from + c + 1], errors[from + c + 2], errors[from + c + 3]];
      const u = c * columns;
      for (let j = end; j < columns; j++) {
        work[at + j] -=
          e0 * factor[u + j] +
          e1 * factor[u + columns + j] +
          e2 * factor[u + 2 * columns + j] +
          e3 * factor[u + 3 * columns + j];
      }
    }
    for (; c < end; c++) {
      for (let j = end; j < columns; j++) work[at + j] -= errors[from + c] * factor[c * columns + j];
    }
  }
}
