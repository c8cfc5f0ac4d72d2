/** Logarithm of the sum of exponentials over axes. */
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceLogSumExp = defineOp('ReduceLogSumExp', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], outputs: [z], dys: [dz], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    const [y, dy] = [z, dz].map((v) => restoreAxes(g, v, axes, attrs.keepdims === 1));
    return [g.mul(dy, g.exp(g.sub(x, y)))];
  },
  evaluate: ({ inputs, attrs }) => reduce(inputs, attrs, 0, (sum, v) => sum + Math.exp(v), Math.log),
});
