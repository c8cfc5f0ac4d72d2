/** Elementwise x / (1 + |x|). */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const softsign = defineOp('Softsign', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => {
    const s = g.reciprocal(g.add(g.like(1, x), g.op('Abs', [x])));
    return [g.mul(dy, g.mul(s, s))];
  },
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => v / (1 + Math.abs(v))),
});
