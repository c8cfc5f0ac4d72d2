/** Elementwise absolute value; its gradient at 0 is 0. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const abs = defineOp('Abs', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.mul(dy, g.op('Sign', [x]))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.abs),
});
