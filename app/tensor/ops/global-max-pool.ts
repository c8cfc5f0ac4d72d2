/** The largest element of each channel: x [N, C, ...] to [N, C, 1, ...]; ties get the gradient whole, as in ReduceMax. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { globalPoolType, placesOf } from './global-pool.ts';

export const globalMaxPool = defineOp('GlobalMaxPool', {
  shape: globalPoolType,
  grad: ({ g, inputs: [x], outputs: [y], dys: [dy] }) => [g.where(g.op('Equal', [x, y]), dy, g.like(0, dy))],
  evaluate: ({ inputs: [x] }) => {
    const y = doubles(x.dtype, [x.shape[0], x.shape[1], ...x.shape.slice(2).map(() => 1)]);
    for (let at = 0; at < y.data.length; at++) y.data[at] = Math.max(...placesOf(x, at));
    return [y];
  },
});
