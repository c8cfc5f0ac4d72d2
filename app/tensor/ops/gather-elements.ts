/** One element a position, picked by an index along one axis. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';

export const gatherElements = defineOp('GatherElements', {
  attrs: { axis: int(0) },
  shape: ({ inputs: [x, indices] }) => [{ dtype: x.dtype, shape: indices.shape }],
  grad: ({ g, attrs, inputs: [x, indices], dys: [dy] }) => [
    g.op('ScatterElements', [g.zerosLike(x), indices, dy], { axis: attrs.axis, reduction: 'add' }),
  ],
  evaluate: ({ inputs: [x, indices], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const strides = stridesOf(x.shape);
    const out = doubles(x.dtype, indices.shape);
    eachIndex(indices.shape, (index, flat) => {
      const picked = indices.data[flat] < 0 ? indices.data[flat] + x.shape[axis] : indices.data[flat];
      out.data[flat] = x.data[index.reduce((o, k, i) => o + strides[i] * (i === axis ? picked : k), 0)];
    });
    return [out];
  },
});
