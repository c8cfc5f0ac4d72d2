/** Elementwise exclusive or of booleans. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const xor = defineOp('Xor', {
  shape: ({ inputs }) => broadcastType(inputs),
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => Number(a !== b)),
});
