/**
 * Rows of x [N, …] picked by index int64 [M], where inverse int64 [N] tells of each row of x where it went. The gradient picks by
 * the inverse instead of adding rows up. Rows that went nowhere are 0 in `used` [N, 1], where there are any. Rows picked more
 * than once (to fill gaps) must not matter to the loss.
 */
import { defineOp, LATHE } from '../op.ts';
import { gather } from './gather.ts';

export const pick = defineOp('Pick', {
  domain: LATHE,
  shape: ({ inputs: [x, index] }) => [{ dtype: x.dtype, shape: [...index.shape, ...x.shape.slice(1)] }],
  lower: ({ g, inputs: [x, index] }) => [g.gather(x, index)],
  grad: ({ g, inputs: [, index, inverse, used], dys: [dy] }) => {
    const dx = g.op('Pick', [dy, inverse, index]);
    return [used ? g.mul(dx, used) : dx];
  },
  evaluate: ({ inputs: [x, index], outputs }) => gather.evaluate!({ inputs: [x, index], attrs: { axis: 0 }, outputs }),
});
