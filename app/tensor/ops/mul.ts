/** Elementwise product with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const mul = defineOp('Mul', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x, y], dys: [dy], needs }) => [
    needs[0] ? g.unbroadcast(g.mul(dy, y), x.shape) : undefined,
    needs[1] ? g.unbroadcast(g.mul(dy, x), y.shape) : undefined,
  ],
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a * b),
});
