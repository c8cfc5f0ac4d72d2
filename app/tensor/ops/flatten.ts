/** To a matrix: the axes before `axis` become its rows, the others its columns. */
import { int } from '../attributes.ts';
import { elements } from '../dims.ts';
import { defineOp } from '../op.ts';
import { sizeOf } from '../tensor.ts';
import { doubles } from './evaluate.ts';

export const flatten = defineOp('Flatten', {
  attrs: { axis: int(1) },
  shape: ({ inputs: [x], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    return [{ dtype: x.dtype, shape: [elements(x.shape.slice(0, axis)), elements(x.shape.slice(axis))] }];
  },
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.reshape(dy, x.shape)],
  evaluate: ({ inputs: [x], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    return [doubles(x.dtype, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))], x.data)];
  },
});
