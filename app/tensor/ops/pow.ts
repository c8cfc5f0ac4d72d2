/** Elementwise power with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const pow = defineOp('Pow', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x, exponent], outputs: [z], dys: [dy], needs }) => {
    // The exponent may be of another type than the base.
    const y = g.cast(exponent, x.dtype);
    const slope = () => g.mul(y, g.op('Pow', [x, g.sub(y, g.like(1, y))]));
    return [
      needs[0] ? g.unbroadcast(g.mul(dy, slope()), x.shape) : undefined,
      needs[1] ? g.cast(g.unbroadcast(g.mul(dy, g.mul(z, g.log(x))), y.shape), exponent.dtype) : undefined,
    ];
  },
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a ** b),
});
