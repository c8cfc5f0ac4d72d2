/**
 * ONNX Runtime's product of 8-bit codes as floats: x [..., K] and w [K, N] less their zero points, times both scales (w's one,
 * or one a column), plus an optional bias [N].
 */
import { defineOp, MICROSOFT } from '../op.ts';
import { doubles } from './evaluate.ts';
import { matMulInteger } from './mat-mul-integer.ts';

export const matMulIntegerToFloat = defineOp('MatMulIntegerToFloat', {
  domain: MICROSOFT,
  shape: ({ inputs: [x, w, scale] }) => [{ dtype: scale.dtype, shape: [...x.shape.slice(0, -1), w.shape[1]] }],
  evaluate: ({ inputs: [x, w, scale, scales, xZero, zeros, bias] }) => {
    const [sums] = matMulInteger.evaluate!({ inputs: [x, w, xZero, zeros], attrs: {}, outputs: 1 });
    const columns = w.shape[1];
    const y = sums.data.map((sum, i) => {
      const column = i % columns;
      return sum * scale.data[0] * scales.data[scales.data.length === 1 ? 0 : column] + (bias?.data[column] ?? 0);
    });
    return [doubles(scale.dtype, sums.shape, y)];
  },
});
