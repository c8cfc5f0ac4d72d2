/** Elementwise disjunction of booleans. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const or = defineOp('Or', {
  shape: ({ inputs }) => broadcastType(inputs, 'bool'),
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => a || b, 'bool'),
});
