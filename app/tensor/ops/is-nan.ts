/** Elementwise: is it not a number, as booleans. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const isNan = defineOp('IsNaN', {
  shape: ({ inputs: [x] }) => [{ dtype: 'bool', shape: x.shape }],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => Number(Number.isNaN(v)), 'bool'),
});
