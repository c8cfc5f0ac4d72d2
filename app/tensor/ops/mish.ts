/** Elementwise x * tanh(softplus(x)) (Misra 2019). */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const mish = defineOp('Mish', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => {
    const t = g.tanh(g.op('Softplus', [x]));
    const bend = g.mul(g.mul(x, g.sigmoid(x)), g.sub(g.like(1, t), g.mul(t, t)));
    return [g.mul(dy, g.add(t, bend))];
  },
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => v * Math.tanh(Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))))),
});
