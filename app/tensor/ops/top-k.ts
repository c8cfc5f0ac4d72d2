/** The k largest (or smallest) elements along one axis, in order, and where they are; of equals the first. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
import { numbersOf } from './reductions.ts';

export const topK = defineOp('TopK', {
  attrs: { axis: int(-1), largest: int(1), sorted: int(1) },
  shape: ({ inputs: [x, k], attrs, constant }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const count = numbersOf(constant(1))?.[0] ?? opaqueDim('top', [k], 0);
    const shape = x.shape.map((d, i) => (i === axis ? count : d));
    return [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ];
  },
  grad: ({ g, attrs, inputs: [x], outputs: [, indices], dys: [dy] }) => {
    if (!indices) throw new Error('the gradient of TopK needs its indices');
    return [g.op('ScatterElements', [g.zerosLike(x), indices, dy], { axis: attrs.axis, reduction: 'add' })];
  },
  evaluate: ({ inputs: [x, k], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const count = k.data[0];
    const shape = x.shape.map((d, i) => (i === axis ? count : d));
    const [values, indices] = [doubles(x.dtype, shape), doubles('int64', shape)];
    const { outer, length, inner } = aroundAxis(x.shape, axis);
    const sign = attrs.largest === 1 ? -1 : 1;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const value = (n: number) => x.data[(o * length + n) * inner + i];
        const order = Array.from({ length }, (_, n) => n).sort((a, b) => sign * (value(a) - value(b)) || a - b);
        for (let n = 0; n < count; n++) {
          values.data[(o * count + n) * inner + i] = value(order[n]);
          indices.data[(o * count + n) * inner + i] = order[n];
        }
      }
    }
    return [values, indices];
  },
});
