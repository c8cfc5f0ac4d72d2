/** Minimum over axes; elements that tie for it share the gradient's direction (each gets it whole). */
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceMin = defineOp('ReduceMin', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], outputs: [y], dys: [dy], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    const keep = attrs.keepdims === 1;
    const chosen = g.op('Equal', [x, restoreAxes(g, y, axes, keep)]);
    return [g.where(chosen, restoreAxes(g, dy, axes, keep), g.like(0, dy))];
  },
  evaluate: ({ inputs, attrs }) => reduce(inputs, attrs, Number.POSITIVE_INFINITY, Math.min),
});
