/** Elementwise hyperbolic tangent. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const tanh = defineOp('Tanh', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.mul(dy, g.sub(g.like(1, y), g.mul(y, y)))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.tanh),
});
