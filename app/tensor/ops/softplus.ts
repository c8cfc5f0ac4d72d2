/** Elementwise log(1 + e^x). */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const softplus = defineOp('Softplus', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.mul(dy, g.sigmoid(x))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
});
