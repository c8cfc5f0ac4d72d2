/** Logarithm of the normalised exponentials along one axis. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { softmax } from './softmax.ts';

export const logSoftmax = defineOp('LogSoftmax', {
  attrs: { axis: int(-1) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, outputs: [y], dys: [dy] }) => [g.sub(dy, g.mul(g.exp(y), g.reduceSum(dy, [attrs.axis])))],
  evaluate: (context) => {
    const [p] = softmax.evaluate!({ ...context, attrs: { axis: context.attrs.axis } });
    return [doubles(p.dtype, p.shape, p.data.map(Math.log))];
  },
});
