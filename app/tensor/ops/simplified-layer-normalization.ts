/** ONNX Runtime's RMS norm: x * weight / sqrt(mean(x^2) + epsilon). For running; `RmsNorm` is its trainable form. */
import { float, int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { rootMeanSquare } from './rms-norm.ts';

export const simplifiedLayerNormalization = defineOp('SimplifiedLayerNormalization', {
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: ({ inputs: [x] }) => [x, { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] }],
  evaluate: ({ inputs: [x, weight], attrs }) => rootMeanSquare(x, weight, attrs.epsilon),
});
