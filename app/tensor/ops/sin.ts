/** Elementwise sine. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const sin = defineOp('Sin', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.mul(dy, g.op('Cos', [x]))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.sin),
});
