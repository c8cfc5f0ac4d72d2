/** Elementwise max(x, 0); its gradient at 0 is 0. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const relu = defineOp('Relu', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.mul(dy, g.op('Sign', [y]))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => Math.max(v, 0)),
});
