/** The indices of all elements that are not 0, one a column: int64 [rank, count]. */
import { defineOp } from '../op.ts';
import { doubles, eachIndex } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';

export const nonZero = defineOp('NonZero', {
  shape: ({ inputs: [x] }) => [{ dtype: 'int64', shape: [x.shape.length, opaqueDim('nonzero', [x], 0)] }],
  evaluate: ({ inputs: [x] }) => {
    const found: number[][] = [];
    eachIndex(x.shape, (index, flat) => {
      if (x.data[flat] !== 0) found.push([...index]);
    });
    const data = x.shape.flatMap((_, axis) => found.map((index) => index[axis]));
    return [doubles('int64', [x.shape.length, found.length], Float64Array.from(data))];
  },
});
