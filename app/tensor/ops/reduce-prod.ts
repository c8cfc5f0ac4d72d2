/** Product over axes; the gradient divides by the elements, so none may be 0. */
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceProd = defineOp('ReduceProd', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], outputs: [z], dys: [dz], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    const [y, dy] = [z, dz].map((v) => restoreAxes(g, v, axes, attrs.keepdims === 1));
    return [g.div(g.mul(dy, y), x)];
  },
  evaluate: ({ inputs, attrs }) => reduce(inputs, attrs, 1, (product, v) => product * v),
});
