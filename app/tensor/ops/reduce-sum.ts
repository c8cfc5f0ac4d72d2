/** Sum over axes. */
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceSum = defineOp('ReduceSum', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], dys: [dy], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    return [g.expand(restoreAxes(g, dy, axes, attrs.keepdims === 1), x.shape)];
  },
  evaluate: ({ inputs, attrs }) => reduce(inputs, attrs, 0, (sum, v) => sum + v),
});
