/** Removes the given axes of length 1. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { numbersOf } from './reductions.ts';

function remove<T>(shape: readonly T[], axes: readonly number[] | undefined): T[] {
  const places = axes?.map((a) => (a < 0 ? a + shape.length : a));
  return shape.filter((d, i) => (places ? !places.includes(i) : d !== 1));
}

export const squeeze = defineOp('Squeeze', {
  shape: ({ inputs: [x, axes], constant }) => {
    if (axes && !constant(1)) throw new Error('the removed axes are not constant');
    return [{ dtype: x.dtype, shape: remove(x.shape, numbersOf(constant(1))) }];
  },
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.reshape(dy, x.shape)],
  evaluate: ({ inputs: [x, axes] }) => [
    doubles(x.dtype, remove(x.shape, axes ? Array.from(axes.data) : undefined), x.data),
  ],
});
