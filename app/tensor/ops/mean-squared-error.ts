/** Mean of the squared differences of two values, over all their elements: a scalar. */
import { defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';

export const meanSquaredError = defineOp('MeanSquaredError', {
  domain: LATHE,
  shape: ({ inputs: [x] }) => [{ dtype: x.dtype, shape: [] }],
  lower: ({ g, inputs: [x, y] }) => {
    const d = g.sub(x, y);
    const axes = d.shape.map((_, i) => i);
    return [g.reduceMean(g.mul(d, d), axes, false)];
  },
  grad: ({ g, inputs: [x, y], dys: [dy], needs }) => {
    const count = g.reshape(g.op('Size', [x]), []);
    const slope = g.mul(g.sub(x, y), g.div(g.scale(dy, 2), g.cast(count, x.dtype)));
    return [needs[0] ? slope : undefined, needs[1] ? g.neg(slope) : undefined];
  },
  evaluate: ({ inputs: [x, y] }) => {
    const sum = x.data.reduce((total, v, i) => total + (v - y.data[i]) ** 2, 0);
    return [doubles(x.dtype, [], Float64Array.of(sum / x.data.length))];
  },
});
