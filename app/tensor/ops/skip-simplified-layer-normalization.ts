/**
 * ONNX Runtime's RMS norm of a sum: with s = x + skip (+ bias), outputs s * weight / sqrt(mean(s^2) + epsilon), two that
 * are never given, and s. For inference: fusions make it, and it has no gradient.
 */
import { float } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';
import { rootMeanSquare } from './rms-norm.ts';

export const skipSimplifiedLayerNormalization = defineOp('SkipSimplifiedLayerNormalization', {
  domain: MICROSOFT,
  attrs: { epsilon: float(1e-12) },
  shape: ({ inputs: [x] }) => {
    const statistic = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
    return [x, statistic, statistic, x];
  },
  evaluate: ({ inputs: [x, skip, weight, bias], attrs }) => {
    const data = x.data.map((v, i) => v + skip.data[i] + (bias ? bias.data[i % bias.data.length] : 0));
    const sum = { ...x, data };
    const [y, inverse] = rootMeanSquare(sum, weight, attrs.epsilon);
    return [y, inverse, inverse, sum];
  },
});
