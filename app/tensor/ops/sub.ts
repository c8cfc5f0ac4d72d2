/** Elementwise difference with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const sub = defineOp('Sub', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x, y], dys: [dy], needs }) => [
    needs[0] ? g.unbroadcast(dy, x.shape) : undefined,
    needs[1] ? g.unbroadcast(g.neg(dy), y.shape) : undefined,
  ],
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a - b),
});
