/** Elementwise power with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const pow = defineOp('Pow', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x, y], outputs: [z], dys: [dy], needs }) => [
    needs[0] ? g.unbroadcast(g.mul(dy, g.mul(y, g.op('Pow', [x, g.sub(y, g.like(1, y))]))), x.shape) : undefined,
    needs[1] ? g.unbroadcast(g.mul(dy, g.mul(z, g.log(x))), y.shape) : undefined,
  ],
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a ** b),
});
