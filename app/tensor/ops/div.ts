/** Elementwise quotient with broadcasting; integers truncate. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const div = defineOp('Div', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x, y], outputs: [z], dys: [dy], needs }) => {
    const dx = g.div(dy, y);
    return [
      needs[0] ? g.unbroadcast(dx, x.shape) : undefined,
      needs[1] ? g.unbroadcast(g.neg(g.mul(dx, z)), y.shape) : undefined,
    ];
  },
  evaluate: ({ inputs }) =>
    mapBroadcast(inputs, inputs[0].dtype.includes('float') ? (a, b) => a / b : (a, b) => Math.trunc(a / b)),
});
