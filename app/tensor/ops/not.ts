/** Elementwise negation of booleans. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const not = defineOp('Not', {
  shape: ({ inputs: [x] }) => [x],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => Number(v === 0)),
});
