/** Slices of x at places given by the last axis of the indices. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { sizeOf } from '../tensor.ts';
import { doubles, stridesOf } from './evaluate.ts';

export const gatherNd = defineOp('GatherND', {
  attrs: { batch_dims: int(0) },
  shape: ({ inputs: [x, indices], attrs }) => {
    const depth = indices.shape.at(-1);
    if (typeof depth !== 'number') throw new Error('the depth of the indices is not known');
    const slice = x.shape.slice(attrs.batch_dims + depth);
    return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...slice] }];
  },
  grad: ({ g, attrs, inputs: [x, indices], dys: [dy] }) => {
    if (attrs.batch_dims !== 0) throw new Error('no gradient for batched GatherND');
    return [g.op('ScatterND', [g.zerosLike(x), indices, dy], { reduction: 'add' })];
  },
  evaluate: ({ inputs: [x, indices], attrs }) => {
    if (attrs.batch_dims !== 0) throw new Error('the reference does not do batched GatherND');
    const depth = indices.shape.at(-1)!;
    const strides = stridesOf(x.shape);
    const size = sizeOf(x.shape.slice(depth));
    const out = doubles(x.dtype, [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]);
    for (let k = 0; k * depth < indices.data.length; k++) {
      let at = 0;
      for (let d = 0; d < depth; d++) {
        const index = indices.data[k * depth + d];
        at += strides[d] * (index < 0 ? index + x.shape[d] : index);
      }
      out.data.set(x.data.subarray(at, at + size), k * size);
    }
    return [out];
  },
});
