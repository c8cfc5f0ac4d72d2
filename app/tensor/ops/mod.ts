/** Elementwise remainder: of the divisor's sign, or with `fmod` of the dividend's. Only the dividend has a gradient. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { broadcastType } from './broadcast.ts';
import { mapBroadcast } from './evaluate.ts';

export const mod = defineOp('Mod', {
  attrs: { fmod: int(0) },
  shape: ({ inputs }) => broadcastType(inputs),
  grad: ({ g, inputs: [x], dys: [dy], needs }) => {
    if (needs[1]) throw new Error('no gradient by the divisor of a remainder');
    return [g.unbroadcast(dy, x.shape), undefined];
  },
  evaluate: ({ inputs, attrs }) =>
    mapBroadcast(inputs, attrs.fmod === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b)),
});
