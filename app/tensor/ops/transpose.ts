/** Reorders the axes; without a permutation reverses them. */
import { ints } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';

const permutation = (perm: readonly number[] | undefined, rank: number): readonly number[] =>
  perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);

export const transpose = defineOp('Transpose', {
  attrs: { perm: ints() },
  shape: ({ inputs: [x], attrs }) => [
    { dtype: x.dtype, shape: permutation(attrs.perm, x.shape.length).map((axis) => x.shape[axis]) },
  ],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const perm = permutation(attrs.perm, x.shape.length);
    return [
      g.transpose(
        dy,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ];
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const perm = permutation(attrs.perm, x.shape.length);
    const out = doubles(
      x.dtype,
      perm.map((axis) => x.shape[axis]),
    );
    const strides = stridesOf(x.shape);
    eachIndex(out.shape, (index, flat) => {
      out.data[flat] = x.data[perm.reduce((offset, axis, i) => offset + strides[axis] * index[i], 0)];
    });
    return [out];
  },
});
