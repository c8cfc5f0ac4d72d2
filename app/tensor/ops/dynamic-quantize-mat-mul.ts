/**
 * ONNX Runtime's product of activations quantized as they come with int8 weights: x float [..., K], w int8 or uint8
 * [K, N], scales float [N] (or one), optional zero points of w and bias [N].
 */
import { defineOp, MICROSOFT } from '../op.ts';
import { quantizeByRange } from './dynamic-quantize-linear.ts';
import { doubles } from './evaluate.ts';
import { matMulInteger } from './mat-mul-integer.ts';

export const dynamicQuantizeMatMul = defineOp('DynamicQuantizeMatMul', {
  domain: MICROSOFT,
  shape: ({ inputs: [x, w] }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), w.shape[1]] }],
  evaluate: ({ inputs: [x, w, scales, zeros, bias] }) => {
    const { codes, scale, zero } = quantizeByRange(x);
    const xZero = doubles('uint8', [], Float64Array.of(zero));
    const [sums] = matMulInteger.evaluate!({ inputs: [codes, w, xZero, zeros], attrs: {}, outputs: 1 });
    const columns = w.shape[1];
    const y = sums.data.map((sum, i) => {
      const column = i % columns;
      return sum * scale * scales.data[scales.data.length === 1 ? 0 : column] + (bias?.data[column] ?? 0);
    });
    return [doubles(x.dtype, sums.shape, y)];
  },
});
