/** The sizes of a value's axes, from `start` to before `end`. */
import { int, optionalInt } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';

export const shape = defineOp('Shape', {
  attrs: { start: int(0), end: optionalInt() },
  shape: ({ inputs: [x], attrs }) => [
    { dtype: 'int64', shape: [x.shape.slice(attrs.start, attrs.end ?? x.shape.length).length] },
  ],
  evaluate: ({ inputs: [x], attrs }) => {
    const sizes = x.shape.slice(attrs.start, attrs.end ?? x.shape.length);
    return [doubles('int64', [sizes.length], Float64Array.from(sizes))];
  },
});
