/** Inserts axes of length 1 at the given places of the result. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { numbersOf } from './reductions.ts';

function insert<T>(shape: readonly T[], axes: readonly number[], one: T): T[] {
  const rank = shape.length + axes.length;
  const places = new Set(axes.map((a) => (a < 0 ? a + rank : a)));
  let next = 0;
  return Array.from({ length: rank }, (_, i) => (places.has(i) ? one : shape[next++]));
}

export const unsqueeze = defineOp('Unsqueeze', {
  shape: ({ inputs: [x], constant }) => {
    const axes = numbersOf(constant(1));
    if (!axes) throw new Error('the new axes are not constant');
    return [{ dtype: x.dtype, shape: insert<number | string>(x.shape, axes, 1) }];
  },
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.reshape(dy, x.shape)],
  evaluate: ({ inputs: [x, axes] }) => [doubles(x.dtype, insert(x.shape, Array.from(axes.data), 1), x.data)],
});
