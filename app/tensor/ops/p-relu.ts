/** Elementwise x where positive, slope * x elsewhere; the slope broadcasts to x (He et al. 2015). */
import { defineOp } from '../op.ts';
import { mapBroadcast } from './evaluate.ts';

export const pRelu = defineOp('PRelu', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x, slope], dys: [dy], needs }) => {
    const positive = g.op('Greater', [x, g.like(0, x)]);
    return [
      needs[0] ? g.where(positive, dy, g.mul(dy, slope)) : undefined,
      needs[1] ? g.unbroadcast(g.where(positive, g.like(0, dy), g.mul(dy, x)), slope.shape) : undefined,
    ];
  },
  evaluate: ({ inputs }) => mapBroadcast(inputs, (x, slope) => (x > 0 ? x : slope * x)),
});
