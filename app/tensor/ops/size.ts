/** How many elements a value has, as an int64 scalar. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';

export const size = defineOp('Size', {
  shape: () => [{ dtype: 'int64', shape: [] }],
  evaluate: ({ inputs: [x] }) => [doubles('int64', [], Float64Array.of(x.data.length))],
});
