/** Writes (or adds) one element a position into a copy of x, by an index along one axis. */
import { int, string } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';

export const scatterElements = defineOp('ScatterElements', {
  attrs: { axis: int(0), reduction: string<string>('none') },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [, indices, updates], dys: [dy] }) => {
    const picked = g.op('GatherElements', [dy, indices], { axis: attrs.axis });
    if (attrs.reduction === 'add') return [dy, undefined, picked];
    if (attrs.reduction !== 'none') throw new Error(`no gradient for the reduction ${attrs.reduction}`);
    const cleared = g.op('ScatterElements', [dy, indices, g.zerosLike(updates)], { axis: attrs.axis });
    return [cleared, undefined, picked];
  },
  evaluate: ({ inputs: [x, indices, updates], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const strides = stridesOf(x.shape);
    const out = doubles(x.dtype, x.shape, x.data.slice());
    eachIndex(indices.shape, (index, flat) => {
      const picked = indices.data[flat] < 0 ? indices.data[flat] + x.shape[axis] : indices.data[flat];
      const at = index.reduce((o, k, i) => o + strides[i] * (i === axis ? picked : k), 0);
      out.data[at] = attrs.reduction === 'add' ? out.data[at] + updates.data[flat] : updates.data[flat];
    });
    return [out];
  },
});
