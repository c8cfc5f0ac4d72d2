/** Elementwise cosine. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const cos = defineOp('Cos', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.neg(g.mul(dy, g.op('Sin', [x])))],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.cos),
});
