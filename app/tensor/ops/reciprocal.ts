/** Elementwise 1/x. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const reciprocal = defineOp('Reciprocal', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.neg(g.mul(dy, g.mul(y, y)))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => 1 / v),
});
