/** Picks from x where the condition holds, else from y, with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const where = defineOp('Where', {
  shape: ({ inputs }) => broadcastType(inputs, inputs[1].dtype),
  grad: ({ g, inputs: [condition, x, y], dys: [dy], needs }) => {
    const nothing = g.like(0, dy);
    return [
      undefined,
      needs[1] ? g.unbroadcast(g.where(condition, dy, nothing), x.shape) : undefined,
      needs[2] ? g.unbroadcast(g.where(condition, nothing, dy), y.shape) : undefined,
    ];
  },
  evaluate: ({ inputs }) => mapBroadcast(inputs, (c, x, y) => (c ? x : y), inputs[1].dtype),
});
