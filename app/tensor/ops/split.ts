/** Cuts a value into pieces along one axis: given sizes, or equal parts of which the last may be smaller. */
import { int, optionalInt } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';
import { opaqueDim, quotient } from './opaque.ts';
import { numbersOf } from './reductions.ts';

function equalParts(length: Dim, count: number): Dim[] {
  if (typeof length !== 'number') return new Array<Dim>(count).fill(quotient(length, count));
  const size = Math.ceil(length / count);
  return Array.from({ length: count }, (_, i) => Math.min(size, length - i * size));
}

export const split = defineOp('Split', {
  attrs: { axis: int(0), num_outputs: optionalInt() },
  shape: ({ inputs: [x, given], attrs, constant, outputs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
    const unknown = () => Array.from({ length: outputs }, (_, i) => opaqueDim('split', [x, given], i));
    const sizes: readonly Dim[] = given
      ? (numbersOf(constant(1)) ?? unknown())
      : equalParts(x.shape[axis], attrs.num_outputs ?? outputs);
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
    const sizes = given ? Array.from(given.data) : (equalParts(length, outputs) as number[]);
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
