/** Unsigned integers shifted LEFT or RIGHT by a number of bits, with broadcasting. */
import { string } from '../attributes.ts';
import { byteLength } from '../dtype.ts';
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const bitShift = defineOp('BitShift', {
  attrs: { direction: string<string>('') },
  shape: ({ inputs }) => broadcastType(inputs),
  evaluate: ({ inputs, attrs }) => {
    const limit = 2 ** (8 * byteLength(inputs[0].dtype, 1));
    return mapBroadcast(inputs, (a, n) => (attrs.direction === 'LEFT' ? (a * 2 ** n) % limit : Math.floor(a / 2 ** n)));
  },
});
