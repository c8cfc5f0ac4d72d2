/** Elementwise rounding down. Flat, so its gradient is zero. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const floor = defineOp('Floor', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x] }) => [g.zerosLike(x)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.floor),
});
