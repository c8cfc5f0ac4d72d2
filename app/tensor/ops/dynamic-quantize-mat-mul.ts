/**
 * ONNX Runtime's product of activations quantized as they come with int8 weights: x float [..., K], w int8 [K, N], scales
 * float [N] (or one).
 */
import { defineOp, MICROSOFT } from '../op.ts';

export const dynamicQuantizeMatMul = defineOp('DynamicQuantizeMatMul', {
  domain: MICROSOFT,
  shape: ({ inputs: [x, w] }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), w.shape[1]] }],
});
