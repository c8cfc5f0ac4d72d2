/** Cuts a value into pieces along one axis: given sizes, or equal parts. */
import { int, optionalInt } from '../attributes.ts';
import { type Dim, divideDims } from '../dims.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';
import { numbersOf } from './reductions.ts';

export const split = defineOp('Split', {
  attrs: { axis: int(0), num_outputs: optionalInt() },
  shape: ({ inputs: [x, given], attrs, constant, outputs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    if (given && !constant(1)) throw new Error('the sizes of the pieces are not constant');
    const equal = divideDims(x.shape[axis], outputs) ?? 'piece';
    const sizes: Dim[] = numbersOf(constant(1)) ?? Array.from({ length: outputs }, () => equal);
    return sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? size : d)) }));
  },
  grad: ({ g, attrs, outputs, dys }) => [
    g.concat(
      outputs.map((y, i) => dys[i] ?? g.zerosLike(y)),
      attrs.axis,
    ),
  ],
  evaluate: ({ inputs: [x, given], attrs, outputs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const { outer, length, inner } = aroundAxis(x.shape, axis);
    const sizes = given ? Array.from(given.data) : new Array<number>(outputs).fill(length / outputs);
    let start = 0;
    return sizes.map((size) => {
      const out = doubles(
        x.dtype,
        x.shape.map((d, i) => (i === axis ? size : d)),
      );
      for (let o = 0; o < outer; o++) {
        const from = (o * length + start) * inner;
        out.data.set(x.data.subarray(from, from + size * inner), o * size * inner);
      }
      start += size;
      return out;
    });
  },
});
