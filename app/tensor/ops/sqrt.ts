/** Elementwise square root. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const sqrt = defineOp('Sqrt', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, outputs: [y], dys: [dy] }) => [g.div(g.scale(dy, 0.5), y)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, Math.sqrt),
});
