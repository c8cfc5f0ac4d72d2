/** The mean of each channel over all places: x [N, C, ...] to [N, C, 1, ...]. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { globalPoolType, placesOf, poolPlaces } from './global-pool.ts';

export const globalAveragePool = defineOp('GlobalAveragePool', {
  shape: globalPoolType,
  grad: ({ g, inputs: [x], dys: [dy] }) => {
    const spread = g.expand(dy, x.shape);
    const sizes = x.shape.slice(2);
    if (sizes.every((d) => typeof d === 'number')) return [g.scale(spread, 1 / sizes.reduce((a, b) => a * b, 1))];
    // Sizes that only the run tells: the mean of ones spread over the places is what each place weighs.
    return [g.div(spread, g.reduceSum(g.expand(g.like(1, dy), x.shape), poolPlaces(x)))];
  },
  evaluate: ({ inputs: [x] }) => {
    const y = doubles(x.dtype, [x.shape[0], x.shape[1], ...x.shape.slice(2).map(() => 1)]);
    for (let at = 0; at < y.data.length; at++) {
      const places = placesOf(x, at);
      y.data[at] = places.reduce((a, b) => a + b, 0) / places.length;
    }
    return [y];
  },
});
