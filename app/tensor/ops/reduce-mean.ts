/** Mean over axes. */
import { elements } from '../dims.ts';
import { defineOp } from '../op.ts';
import { numbersOf, reduce, reducedAxes, reductionAttributes, reductionType, restoreAxes } from './reductions.ts';

export const reduceMean = defineOp('ReduceMean', {
  attrs: reductionAttributes,
  shape: reductionType,
  grad: ({ g, attrs, inputs: [x], dys: [dy], constant }) => {
    const axes = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
    const wide = g.expand(restoreAxes(g, dy, axes, attrs.keepdims === 1), x.shape);
    const count = elements(axes.map((a) => x.shape[a]));
    if (typeof count === 'number') return [g.scale(wide, 1 / count)];
    return [g.div(wide, g.cast(g.dimValue(count), x.dtype))];
  },
  evaluate: ({ inputs, attrs }) =>
    reduce(
      inputs,
      attrs,
      0,
      (sum, v) => sum + v,
      (sum, count) => sum / count,
    ),
});
