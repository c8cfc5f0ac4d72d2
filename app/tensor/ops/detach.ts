/** The value as it is, through which no gradient flows. */
import { defineOp, LATHE } from '../op.ts';

export const detach = defineOp('Detach', {
  domain: LATHE,
  shape: ({ inputs: [x] }) => [x],
  lower: ({ g, inputs: [x] }) => [g.identity(x)],
  grad: () => [undefined],
  evaluate: ({ inputs: [x] }) => [x],
});
