/** Ones on the k-th diagonal of a matrix shaped like the input, zeros elsewhere. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { typeOfCode } from './cast.ts';
import { doubles } from './evaluate.ts';

export const eyeLike = defineOp('EyeLike', {
  attrs: { dtype: int(0), k: int(0) },
  shape: ({ inputs: [x], attrs }) => [{ dtype: attrs.dtype === 0 ? x.dtype : typeOfCode(attrs.dtype), shape: x.shape }],
  grad: ({ g, inputs: [x] }) => [g.zerosLike(x)],
  evaluate: ({ inputs: [x], attrs }) => {
    const out = doubles(attrs.dtype === 0 ? x.dtype : typeOfCode(attrs.dtype), x.shape);
    const [rows, columns] = x.shape;
    for (let r = Math.max(0, -attrs.k); r < rows && r + attrs.k < columns; r++) out.data[r * columns + r + attrs.k] = 1;
    return [out];
  },
});
