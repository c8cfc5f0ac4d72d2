/** Elementwise logistic function. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const sigmoid = defineOp('Sigmoid', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.mul(dy, g.sub(y, g.mul(y, y)))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => 1 / (1 + Math.exp(-v))),
});
