/** Where the smallest element along one axis is. */
import { defineOp } from '../op.ts';
import { extremeAttributes, extremePlaces, extremeType } from './extreme-places.ts';

export const argMin = defineOp('ArgMin', {
  attrs: extremeAttributes,
  shape: extremeType,
  evaluate: ({ inputs: [x], attrs }) => extremePlaces(x, attrs, (a, b) => a < b),
});
