/** Sum of squares over axes. */
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceSumSquare = defineOp('ReduceSumSquare', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], dys: [dz], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    const dy = restoreAxes(g, dz, axes, attrs.keepdims === 1);
    return [g.mul(g.scale(dy, 2), x)];
  },
  evaluate: ({ inputs, attrs }) => reduce(inputs, attrs, 0, (sum, v) => sum + v * v),
});
