/** Elementwise exponential. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const exp = defineOp('Exp', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.mul(dy, y)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.exp),
});
