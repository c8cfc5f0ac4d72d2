/** Linear maps by ridge regression in closed form: the products by ONNX Runtime, the solution by Cholesky's factors. */

import type { ExitMap } from '../../models/graphs/decoding-parts.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { float32 } from '../../tensor/tensor.ts';

/** Of the mean of the diagonal. */
const RIDGE = 1e-3;
const CHUNK = 4096;

/**
 * The map y = A x + b that comes nearest to the given results in squares.
 * @param x float32 [rows, width]
 * @param y float32 [rows, width]
 */
export async function fitRidge(x: Float32Array, y: Float32Array, width: number, threads?: number): Promise<ExitMap> {
  const size = width + 1;
  const g = new GraphBuilder();
  const rows = g.input('x', 'float32', ['rows', size]);
  const results = g.input('y', 'float32', ['rows', width]);
  g.output(g.matmul(rows, rows, { transX: true }), 'xx');
  g.output(g.matmul(rows, results, { transX: true }), 'xy');
  const session = await openSession(encodeModel(g.build()), { threads });
  const gram = new Float64Array(size * size);
  const cross = new Float64Array(size * width);
  try {
    const count = x.length / width;
    for (let begin = 0; begin < count; begin += CHUNK) {
      const n = Math.min(CHUNK, count - begin);
      const padded = new Float32Array(n * size).fill(1);
      for (let r = 0; r < n; r++) padded.set(x.subarray((begin + r) * width, (begin + r + 1) * width), r * size);
      const { xx, xy } = await session.run({
        x: float32([n, size], padded),
        y: float32([n, width], y.slice(begin * width, (begin + n) * width)),
      });
      for (let i = 0; i < gram.length; i++) gram[i] += Number(xx.data[i]);
      for (let i = 0; i < cross.length; i++) cross[i] += Number(xy.data[i]);
    }
  } finally {
    session.dispose();
  }
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i];
  for (let i = 0; i < size; i++) gram[i * size + i] += (RIDGE * trace) / size;
  solvePositive(gram, cross, size, width);
  const weight = new Float32Array(width * width);
  for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) weight[j * width + i] = cross[i * width + j];
  return { weight, bias: Float32Array.from(cross.subarray(width * width)) };
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
