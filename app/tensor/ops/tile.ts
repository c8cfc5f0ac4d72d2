/** Repeats a value along each axis. */
import { multiplyDims } from '../dims.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
import { numbersOf } from './reductions.ts';

export const tile = defineOp('Tile', {
  shape: ({ inputs: [x, repeats], constant }) => {
    const counts = numbersOf(constant(1));
    const shape = x.shape.map((d, i) => (counts ? multiplyDims(d, counts[i]) : opaqueDim('tile', [x, repeats], i)));
    return [{ dtype: x.dtype, shape }];
  },
  // Each axis as [copies, length], the copies added up.
  grad: ({ g, inputs: [x], dys: [dy], constant }) => {
    const counts = numbersOf(constant(1));
    if (!counts) throw new Error('no gradient for repeats that are not constant');
    const apart = g.reshape(
      dy,
      x.shape.flatMap((d, i) => [counts[i], d]),
    );
    const copies = counts.flatMap((n, i) => (n === 1 ? [] : [2 * i]));
    return [g.reshape(copies.length > 0 ? g.reduceSum(apart, copies) : apart, x.shape)];
  },
  evaluate: ({ inputs: [x, repeats] }) => {
    const out = doubles(
      x.dtype,
      x.shape.map((d, i) => d * repeats.data[i]),
    );
    const strides = stridesOf(x.shape);
    eachIndex(out.shape, (index, flat) => {
      out.data[flat] = x.data[index.reduce((o, k, i) => o + strides[i] * (k % x.shape[i]), 0)];
    });
    return [out];
  },
});
