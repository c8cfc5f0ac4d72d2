/** Scales before rounding lower its error, which is as expected. */
import { expect, it } from 'vitest';
import { columnSquares, expectedError, smoothingScales } from '../../app/generate/prompt-rounding.ts';
import { Random } from '../../app/tensor/random.ts';

const [width, rows, tokens] = [96, 40, 64];
const random = new Random(5);
const draw = (count: number) =>
  Float32Array.from({ length: count }, () => random.fraction() + random.fraction() + random.fraction() - 1.5);

/** Rounded to 127 steps on either side of zero. */
function rounded(values: Float32Array): Float32Array {
  const step = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 127;
  return values.map((v) => Math.round(v / step) * step);
}

/** What rounding changes, measured on every product. */
function measuredError(inputs: Float32Array, weights: Float32Array, scales: Float32Array): number {
  const row = (values: Float32Array, r: number) => values.subarray(r * width, (r + 1) * width);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const columns = Array.from({ length: rows }, (_, r) => rounded(row(weights, r).map((w, i) => w * scales[i])));
  let total = 0;
  for (let t = 0; t < tokens; t++) {
    const x = row(inputs, t);
    const codes = rounded(x.map((v, i) => v / scales[i]));
    let [error, result] = [0, 0];
    for (let r = 0; r < rows; r++) {
      const exact = dot(x, row(weights, r));
      error += (exact - dot(codes, columns[r])) ** 2;
      result += exact ** 2;
    }
    total += error / result;
  }
  return Math.sqrt(total / tokens);
}

it('expects the error that there is, and lowers it where inputs tower', () => {
  const [inputs, weights] = [draw(tokens * width), draw(rows * width)];
  for (let t = 0; t < tokens; t++) for (const i of [3, 50, 77]) inputs[t * width + i] *= 60;
  const squares = columnSquares({ values: weights, width });
  const plain = new Float32Array(width).fill(1);
  const scales = smoothingScales({ values: inputs, width }, squares);
  const errors = [plain, scales].map((by) => ({
    expected: expectedError({ values: inputs, width }, { values: weights, width }, by, undefined),
    measured: measuredError(inputs, weights, by),
  }));
  for (const { expected, measured } of errors) expect(expected / measured).toBeCloseTo(1, 0.7);
  const [before, after] = errors.map(({ measured }) => measured);
  expect(after).toBeLessThan(before / 1.5);
});

it('survives inputs and weights that are all zero', () => {
  const none = new Float32Array(width);
  const squares = columnSquares({ values: none, width });
  const scales = smoothingScales({ values: none, width }, squares);
  expect(scales.every((s) => Number.isFinite(s) && s > 0)).toBe(true);
  expect(expectedError({ values: none, width }, { values: none, width }, scales, undefined)).toBe(0);
});
