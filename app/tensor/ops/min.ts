/** Elementwise minimum of any number of inputs, with broadcasting; of equals the first gets the gradient. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';
import { chosenGradients } from './extremes.ts';

export const min = defineOp('Min', {
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs, outputs: [y], dys: [dy], needs }) => chosenGradients(g, inputs, y, dy, needs),
  evaluate: ({ inputs }) => mapBroadcast(inputs, Math.min),
});
