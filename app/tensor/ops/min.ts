/** Elementwise minimum of any number of inputs, with broadcasting; of two equals the first gets the gradient. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const min = defineOp('Min', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs, dys: [dy], needs }) => {
    if (inputs.length === 1) return [dy];
    if (inputs.length > 2) throw new Error('the gradient of Min is known for two inputs');
    const [x, y] = inputs;
    const first = g.op('LessOrEqual', [x, y]);
    const nothing = g.like(0, dy);
    return [
      needs[0] ? g.unbroadcast(g.where(first, dy, nothing), x.shape) : undefined,
      needs[1] ? g.unbroadcast(g.where(first, nothing, dy), y.shape) : undefined,
    ];
  },
  evaluate: ({ inputs }) => mapBroadcast(inputs, Math.min),
});
