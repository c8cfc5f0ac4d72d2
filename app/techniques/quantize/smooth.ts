/** SmoothQuant: part of what makes activations hard to round moves into the weights that they are multiplied by. */

/**
 * Factors s_j = max|x_j|^alpha / max|w_j|^(1 - alpha) (Xiao et al. 2022, equation 4): activations are divided by them,
 * columns of weights multiplied. Inputs that never fire, and columns of zeros, stay as they are.
 * @param activations [inputs]: largest magnitude over calibration text
 * @param weights [inputs]: largest magnitude in the column, of all matrices that read the inputs
 * @param alpha from 0, activations as they are, to 1, weights taking all
 */
export function smoothScales(activations: ArrayLike<number>, weights: ArrayLike<number>, alpha: number): Float32Array {
  const raw = Float64Array.from(weights, (w, j) =>
    activations[j] > 0 && w > 0 ? activations[j] ** alpha / w ** (1 - alpha) : 0,
  );
  // Their common size has no effect on roundings: around one, what they are folded into keeps its own.
  const known = raw.filter((s) => s > 0);
  const middle = Math.exp(known.reduce((sum, s) => sum + Math.log(s), 0) / Math.max(1, known.length));
  return Float32Array.from(raw, (s) => (s > 0 ? Math.min(1e4, Math.max(1e-4, s / middle)) : 1));
}

/** Largest magnitude of each column of matrices [rows, columns]. */
export function columnMaxima(matrices: readonly Float32Array[], columns: number): Float32Array {
  const most = new Float32Array(columns);
  for (const values of matrices) {
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i]);
      if (size > most[i % columns]) most[i % columns] = size;
    }
  }
  return most;
}
