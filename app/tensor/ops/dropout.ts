/** As it is when a model runs: the value itself, and a mask of ones. Dropping at random is the training's business. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, mapUnary } from './evaluate.ts';

export const dropout = defineOp('Dropout', {
  attrs: { seed: int(0) },
  shape: ({ inputs: [x, , training], constant }) => {
    if (training && Number(constant(2)?.data[0] ?? 1) !== 0)
      throw new Error('dropout in training mode is not supported');
    return [x, { dtype: 'bool', shape: x.shape }];
  },
  grad: ({ dys: [dy] }) => [dy],
  evaluate: ({ inputs: [x] }) => [
    ...mapUnary(x, (v) => v),
    doubles(
      'bool',
      x.shape,
      x.data.map(() => 1),
    ),
  ],
});
