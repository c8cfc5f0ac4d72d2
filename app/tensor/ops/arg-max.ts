/** Where the largest element along one axis is. */
import { defineOp } from '../op.ts';
import { extremeAttributes, extremePlaces, extremeType } from './extreme-places.ts';

export const argMax = defineOp('ArgMax', {
  attrs: extremeAttributes,
  shape: extremeType,
  evaluate: ({ inputs: [x], attrs }) => extremePlaces(x, attrs, (a, b) => a > b),
});
