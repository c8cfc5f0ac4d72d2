/** Rows (or slices along an axis) picked by index; negative indices count from the end. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';

export const gather = defineOp('Gather', {
  attrs: { axis: int(0) },
  shape: ({ inputs: [x, indices], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
  },
  grad: ({ g, attrs, inputs: [x, indices], dys: [dy], scatter }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    if (axis === 0 && indices.shape.length === 1 && scatter(0, indices, dy)) return [undefined];
    const k = indices.shape.length;
    // Bring the gathered axis to the front, add the rows up there, bring it back.
    const front = [...indices.shape.map((_, i) => axis + i), ...range(0, axis), ...range(axis + k, dy.shape.length)];
    const rows = axis === 0 ? dy : g.transpose(dy, front);
    const forward = [axis, ...range(0, axis), ...range(axis + 1, x.shape.length)];
    const zeros = g.expand(
      g.like(0, x),
      forward.map((i) => x.shape[i]),
    );
    const summed = g.op('ScatterND', [zeros, g.unsqueeze(indices, [k]), rows], { reduction: 'add' });
    if (axis === 0) return [summed];
    return [
      g.transpose(
        summed,
        forward.map((_, i) => forward.indexOf(i)),
      ),
    ];
  },
  evaluate: ({ inputs: [x, indices], attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const out = doubles(x.dtype, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
    const { outer, length, inner } = aroundAxis(x.shape, axis);
    const count = indices.data.length;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const index = indices.data[k] < 0 ? indices.data[k] + length : indices.data[k];
        const from = (o * length + index) * inner;
        out.data.set(x.data.subarray(from, from + inner), (o * count + k) * inner);
      }
    }
    return [out];
  },
});

const range = (begin: number, end: number): number[] => Array.from({ length: end - begin }, (_, i) => begin + i);
