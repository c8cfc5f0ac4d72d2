/** Elementwise natural logarithm. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const log = defineOp('Log', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.div(dy, x)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.log),
});
