/** Elementwise a >= b, as booleans. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const greaterOrEqual = defineOp('GreaterOrEqual', {
  shape: ({ inputs }) => broadcastType(inputs, 'bool'),
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => Number(a >= b), 'bool'),
});
