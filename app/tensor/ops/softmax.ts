/** Normalised exponentials along one axis. */

import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';

export const softmax = defineOp('Softmax', {
  attrs: { axis: int(-1) },
  shape: ({ inputs: [x] }) => [x],
  // y * (dy - sum(dy * y)): reads the output, so the input need not stay alive.
  grad: ({ g, attrs, outputs: [y], dys: [dy] }) => {
    const dot = g.reduceSum(g.mul(dy, y), [attrs.axis]);
    return [g.mul(y, g.sub(dy, dot))];
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const out = doubles(x.dtype, x.shape);
    const { outer, length, inner } = aroundAxis(x.shape, attrs.axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (k: number) => (o * length + k) * inner + i;
        let max = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < length; k++) max = Math.max(max, x.data[at(k)]);
        let sum = 0;
        for (let k = 0; k < length; k++) sum += out.data[at(k)] = Math.exp(x.data[at(k)] - max);
        for (let k = 0; k < length; k++) out.data[at(k)] /= sum;
      }
    }
    return [out];
  },
});
