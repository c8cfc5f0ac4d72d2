/** Elementwise sign: -1, 0 or 1. Flat, so its gradient is zero. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const sign = defineOp('Sign', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x] }) => [g.zerosLike(x)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.sign),
});
