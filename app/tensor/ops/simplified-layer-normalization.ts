/** ONNX Runtime's RMS norm over the last axis: x * weight / sqrt(mean(x^2) + epsilon); our own form is `RmsNorm`. */
import { float, int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { rmsGradients, rootMeanSquare } from './rms-norm.ts';

export const simplifiedLayerNormalization = defineOp('SimplifiedLayerNormalization', {
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: ({ inputs: [x] }) => [x, { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] }],
  grad: ({ g, attrs, inputs: [x, weight], outputs: [, kept], dys: [dy, dInverse], needs }) => {
    const mean = () => g.add(g.reduceMean(g.mul(x, x), [-1]), g.like(attrs.epsilon, x));
    return rmsGradients(g, x, weight, kept ?? g.reciprocal(g.sqrt(mean())), dy, dInverse, needs);
  },
  evaluate: ({ inputs: [x, weight], attrs }) => rootMeanSquare(x, weight, attrs.epsilon),
});
