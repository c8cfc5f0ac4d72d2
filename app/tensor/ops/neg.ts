/** Elementwise negation. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const neg = defineOp('Neg', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, dys: [dy] }) => [g.neg(dy)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => -v),
});
