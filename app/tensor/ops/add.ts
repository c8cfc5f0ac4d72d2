/** Elementwise sum with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const add = defineOp('Add', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs, dys: [dy] }) => inputs.map((x) => g.unbroadcast(dy, x.shape)),
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a + b),
});
