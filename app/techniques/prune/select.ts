/** Keeps some rows or columns of a matrix, some entries of a vector: what cutting a weight comes down to. */

export interface Cut {
  /** Axis of the weight that gets shorter. */
  readonly axis: 0 | 1;
  /** Which places of that axis stay, ascending. */
  readonly keep: ArrayLike<number>;
}

/** @param shape that of `values`, one or two axes */
export function select(values: Float32Array, shape: readonly number[], { axis, keep }: Cut): Float32Array {
  const [rows, columns = 1] = shape;
  if (axis === 0) {
    const result = new Float32Array(keep.length * columns);
    for (let i = 0; i < keep.length; i++) {
      result.set(values.subarray(keep[i] * columns, (keep[i] + 1) * columns), i * columns);
    }
    return result;
  }
  const result = new Float32Array(rows * keep.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < keep.length; i++) result[row * keep.length + i] = values[row * columns + keep[i]];
  }
  return result;
}

/** The `count` places of the largest values, ascending; of equal ones the first are kept. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  return [...Array(values.length).keys()]
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
