/**
 * Linear maps by ridge regression in closed form: the products by ONNX Runtime, the solution by Cholesky's factors. How
 * strongly large weights are held back is chosen on rows that the map was not fitted to.
 */

import type { ExitMap } from '../../models/graphs/decoding-parts.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { float32 } from '../../tensor/tensor.ts';

/** Of the mean of the diagonal, from weak to strong. */
const STRENGTHS = [1e-5, 1e-4, 1e-3, 1e-2];
const CHUNK = 1024;
/** One chunk in so many chooses the strength, where there are as many. */
const CHOOSING = 10;

/** Sums over rows: x xᵀ [size, size], x yᵀ [size, outputs] and y². */
interface Products {
  readonly gram: Float64Array;
  readonly cross: Float64Array;
  square: number;
}

/**
 * The map y = A x + b that comes nearest to the given results in squares.
 * @param x float32 [rows, width]
 * @param y float32 [rows, outputs]
 * @returns float32 weight [outputs, width], bias [outputs]
 */
export async function fitRidge(
  x: Float32Array,
  y: Float32Array,
  width: number,
  threads?: number,
  outputs = width,
): Promise<ExitMap> {
  const size = width + 1;
  const { fitted, held } = await productsOf(x, y, { size, outputs }, threads);
  let best = { error: Number.POSITIVE_INFINITY, solution: fitted.cross };
  for (const strength of held ? STRENGTHS : [1e-3]) {
    const solution = solve(fitted, size, outputs, strength);
    const error = held ? squaredError(held, solution, size, outputs) : 0;
    if (error < best.error) best = { error, solution };
  }
  const weight = new Float32Array(outputs * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < outputs; j++) weight[j * width + i] = best.solution[i * outputs + j];
  return { weight, bias: Float32Array.from(best.solution.subarray(width * outputs)) };
}

async function productsOf(
  x: Float32Array,
  y: Float32Array,
  { size, outputs }: { readonly size: number; readonly outputs: number },
  threads: number | undefined,
): Promise<{ fitted: Products; held: Products | undefined }> {
  const width = size - 1;
  const g = new GraphBuilder();
  const rows = g.input('x', 'float32', ['rows', size]);
  const results = g.input('y', 'float32', ['rows', outputs]);
  g.output(g.matmul(rows, rows, { transX: true }), 'xx');
  g.output(g.matmul(rows, results, { transX: true }), 'xy');
  const session = await openSession(encodeModel(g.build()), { threads });
  const empty = (): Products => ({
    gram: new Float64Array(size * size),
    cross: new Float64Array(size * outputs),
    square: 0,
  });
  const [fitted, held] = [empty(), empty()];
  const count = x.length / width;
  const chunks = Math.ceil(count / CHUNK);
  try {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const begin = chunk * CHUNK;
      const n = Math.min(CHUNK, count - begin);
      const padded = new Float32Array(n * size).fill(1);
      for (let r = 0; r < n; r++) padded.set(x.subarray((begin + r) * width, (begin + r + 1) * width), r * size);
      const part = y.slice(begin * outputs, (begin + n) * outputs);
      const { xx, xy } = await session.run({ x: float32([n, size], padded), y: float32([n, outputs], part) });
      const sums = chunk % CHOOSING === CHOOSING - 1 ? held : fitted;
      for (let i = 0; i < sums.gram.length; i++) sums.gram[i] += Number(xx.data[i]);
      for (let i = 0; i < sums.cross.length; i++) sums.cross[i] += Number(xy.data[i]);
      for (const value of part) sums.square += value * value;
    }
  } finally {
    session.dispose();
  }
  return { fitted, held: chunks >= CHOOSING ? held : undefined };
}

/** @returns [size, outputs] */
function solve({ gram, cross }: Products, size: number, outputs: number, strength: number): Float64Array {
  const [a, b] = [gram.slice(), cross.slice()];
  let trace = 0;
  for (let i = 0; i < size; i++) trace += a[i * size + i];
  for (let i = 0; i < size; i++) a[i * size + i] += (strength * trace) / size;
  solvePositive(a, b, size, outputs);
  return b;
}

/** Sum of (y - x w)² = y² - 2 w·xyᵀ + w·(xxᵀ w). */
function squaredError({ gram, cross, square }: Products, w: Float64Array, size: number, outputs: number): number {
  let error = square;
  const row = new Float64Array(outputs);
  for (let i = 0; i < size; i++) {
    row.fill(0);
    for (let k = 0; k < size; k++) {
      const factor = gram[i * size + k];
      for (let j = 0; j < outputs; j++) row[j] += factor * w[k * outputs + j];
    }
    for (let j = 0; j < outputs; j++) error += w[i * outputs + j] * (row[j] - 2 * cross[i * outputs + j]);
  }
  return error;
}

/** Solves A X = B in place: A [n, n] symmetric and positive becomes its factor, B [n, m] the solution. */
function solvePositive(a: Float64Array, b: Float64Array, n: number, m: number): void {
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      const factor = a[j * n + k];
      for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * factor;
    }
    const root = Math.sqrt(a[j * n + j]);
    for (let i = j; i < n; i++) a[i * n + j] /= root;
  }
  const subtract = (to: number, from: number, factor: number) => {
    for (let c = 0; c < m; c++) b[to * m + c] -= factor * b[from * m + c];
  };
  const divide = (row: number) => {
    for (let c = 0; c < m; c++) b[row * m + c] /= a[row * n + row];
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, a[i * n + k]);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(i, k, a[k * n + i]);
    divide(i);
  }
}
