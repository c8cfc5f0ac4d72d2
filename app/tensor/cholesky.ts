/** The triangular factor of an inverse that GPTQ and SparseGPT walk along. */

/**
 * The factor of a damped Hessian: scarce calibration text leaves it all but singular, so it is damped harder until it can be
 * factored. Inputs that were never anything but 0 count as 1.
 * @param damp share of the diagonal's mean that is added to begin with
 * @param orderOf gives the order of the columns from the diagonal; as they stand where absent
 */
export function dampedFactor(
  hessian: Float64Array,
  columns: number,
  damp: number,
  orderOf?: (diagonal: Float64Array, order: number[]) => void,
): { readonly order: readonly number[]; readonly factor: Float64Array; readonly diagonal: Float64Array } {
  const at = (i: number) => hessian[i * columns + i];
  const diagonal = Float64Array.from({ length: columns }, (_, i) => (at(i) > 0 ? at(i) : 1));
  const mean = diagonal.reduce((a, b) => a + b, 0) / columns;
  const order = Array.from({ length: columns }, (_, i) => i);
  orderOf?.(diagonal, order);
  for (let damping = damp; ; damping *= 10) {
    const h = new Float64Array(columns * columns);
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) h[i * columns + j] = hessian[order[i] * columns + order[j]];
      h[i * columns + i] = diagonal[order[i]] + damping * mean;
    }
    const factor = inverseFactor(h, columns);
    if (factor) return { order, factor, diagonal };
    if (damping > 1e6) throw new Error('the Hessian holds numbers that are not finite');
  }
}

/**
 * U, upper triangular, with inverse(h) = Uᵀ U. Reversing rows and columns turns Cholesky's lower factor into an upper one:
 * h = R Rᵀ, so U = R⁻¹, without ever forming the inverse.
 * @param h [n, n] symmetric; overwritten
 * @returns U [n, n], or undefined where h is not positive definite
 */
export function inverseFactor(h: Float64Array, n: number): Float64Array | undefined {
  // With i' = n - 1 - i the reversed matrix is read in place: L[a][b] of it is R[n-1-a][n-1-b].
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) l[i * n + j] = h[(n - 1 - i) * n + (n - 1 - j)];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = l[i * n + j] - dot(l, i * n, l, j * n, j);
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  // The inverse of a lower factor, row by row from above; row i needs the rows before it.
  const inverse = h;
  inverse.fill(0);
  for (let i = 0; i < n; i++) {
    const at = i * n;
    for (let k = 0; k < i; k++) {
      const factor = l[at + k];
      if (factor !== 0) subtract(inverse, at, inverse, k * n, factor, k + 1);
    }
    const scale = 1 / l[at + i];
    for (let j = 0; j < i; j++) inverse[at + j] *= scale;
    inverse[at + i] = scale;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) l[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)];
  return l;
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 4 <= length; k += 4) {
    s0 += a[i + k] * b[j + k];
    s1 += a[i + k + 1] * b[j + k + 1];
    s2 += a[i + k + 2] * b[j + k + 2];
    s3 += a[i + k + 3] * b[j + k + 3];
  }
  for (; k < length; k++) s0 += a[i + k] * b[j + k];
  return s0 + s1 + s2 + s3;
}

function subtract(a: Float64Array, i: number, b: Float64Array, j: number, factor: number, length: number): void {
  for (let k = 0; k < length; k++) a[i + k] -= factor * b[j + k];
}
