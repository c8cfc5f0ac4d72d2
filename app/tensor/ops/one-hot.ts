/** Indices to rows of `depth` elements: values[1] at the index (negative ones count from the end), values[0] elsewhere. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
import { numbersOf } from './reductions.ts';

export const oneHot = defineOp('OneHot', {
  attrs: { axis: int(-1) },
  shape: ({ inputs: [indices, depth, values], attrs, constant }) => {
    const axis = attrs.axis < 0 ? attrs.axis + indices.shape.length + 1 : attrs.axis;
    const count = numbersOf(constant(1))?.[0] ?? opaqueDim('depth', [depth], 0);
    return [{ dtype: values.dtype, shape: [...indices.shape.slice(0, axis), count, ...indices.shape.slice(axis)] }];
  },
  evaluate: ({ inputs: [indices, depth, values], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + indices.shape.length + 1 : attrs.axis;
    const count = depth.data[0];
    const out = doubles(values.dtype, [...indices.shape.slice(0, axis), count, ...indices.shape.slice(axis)]);
    const { inner } = aroundAxis(out.shape, axis);
    out.data.fill(values.data[0]);
    indices.data.forEach((index, flat) => {
      const place = index < 0 ? index + count : index;
      if (place < 0 || place >= count) return;
      out.data[(Math.floor(flat / inner) * count + place) * inner + (flat % inner)] = values.data[1];
    });
    return [out];
  },
});
