/** The value itself under another name. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const identity = defineOp('Identity', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ dys: [dy] }) => [dy],
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => v),
});
