/** The upper (or lower) triangle of the last two axes, from the k-th diagonal; the rest is 0. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex } from './evaluate.ts';

export const trilu = defineOp('Trilu', {
  attrs: { upper: int(1) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [, k], dys: [dy] }) => [g.op('Trilu', [dy, k], { upper: attrs.upper })],
  evaluate: ({ inputs: [x, k], attrs }) => {
    const out = doubles(x.dtype, x.shape);
    const diagonal = k?.data[0] ?? 0;
    eachIndex(x.shape, (index, flat) => {
      const over = index.at(-1)! - index.at(-2)! - diagonal;
      if (attrs.upper === 1 ? over >= 0 : over <= 0) out.data[flat] = x.data[flat];
    });
    return [out];
  },
});
