/** Bits that either integer has, with broadcasting. */
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const bitwiseOr = defineOp('BitwiseOr', {
  shape: ({ inputs }) => broadcastType(inputs),
  evaluate: ({ inputs }) => mapBroadcast(inputs, (a, b) => Number(BigInt(a) | BigInt(b))),
});
