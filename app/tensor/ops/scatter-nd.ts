/** Writes (or adds) slices into a copy of x, at places given by the last axis of the indices. */
import { string } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { sizeOf } from '../tensor.ts';
import { doubles, stridesOf } from './evaluate.ts';

export const scatterNd = defineOp('ScatterND', {
  attrs: { reduction: string<string>('none') },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [, indices, updates], dys: [dy] }) => {
    const picked = g.op('GatherND', [dy, indices], {}, { types: [updates] });
    if (attrs.reduction === 'add') return [dy, undefined, picked];
    if (attrs.reduction !== 'none') throw new Error(`no gradient for the reduction ${attrs.reduction}`);
    return [g.op('ScatterND', [dy, indices, g.zerosLike(updates)]), undefined, picked];
  },
  evaluate: ({ inputs: [x, indices, updates], attrs }) => {
    const depth = indices.shape.at(-1)!;
    const strides = stridesOf(x.shape);
    const slice = sizeOf(x.shape.slice(depth));
    const out = doubles(x.dtype, x.shape, x.data.slice());
    for (let k = 0; k * depth < indices.data.length; k++) {
      let at = 0;
      for (let d = 0; d < depth; d++) {
        const index = indices.data[k * depth + d];
        at += strides[d] * (index < 0 ? index + x.shape[d] : index);
      }
      for (let i = 0; i < slice; i++) {
        const update = updates.data[k * slice + i];
        out.data[at + i] = attrs.reduction === 'add' ? out.data[at + i] + update : update;
      }
    }
    return [out];
  },
});
