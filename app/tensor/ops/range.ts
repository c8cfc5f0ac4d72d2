/** Numbers from `start` to before `limit` in steps of `delta`. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';

export const range = defineOp('Range', {
  shape: ({ inputs, constant }) => {
    const [a, b, step] = [0, 1, 2].map((i) => constant(i) && Number(constant(i)!.data[0]));
    const known = a !== undefined && b !== undefined && step !== undefined;
    const count = known ? Math.max(0, Math.ceil((b - a) / step)) : opaqueDim('range', inputs, 0);
    return [{ dtype: inputs[0].dtype, shape: [count] }];
  },
  evaluate: ({ inputs: [start, limit, delta] }) => {
    const count = Math.max(0, Math.ceil((limit.data[0] - start.data[0]) / delta.data[0]));
    const values = Float64Array.from({ length: count }, (_, i) => start.data[0] + i * delta.data[0]);
    return [doubles(start.dtype, [count], values)];
  },
});
