/** The same values in another shape: 0 copies a dimension, one -1 is inferred. */
import { int } from '../attributes.ts';
import { type Dim, elements } from '../dims.ts';
import { defineOp } from '../op.ts';
import { sizeOf } from '../tensor.ts';
import { doubles } from './evaluate.ts';
import { opaqueDim, quotient } from './opaque.ts';

export const reshape = defineOp('Reshape', {
  attrs: { allowzero: int(0) },
  shape: ({ inputs: [x, target], attrs, constant }) => {
    const sizes = constant(1);
    if (!sizes) {
      const rank = target.shape[0];
      if (typeof rank !== 'number') throw new Error('the rank of the reshaped value is not known');
      return [{ dtype: x.dtype, shape: Array.from({ length: rank }, (_, i) => opaqueDim('reshape', [target], i)) }];
    }
    const dims: Dim[] = Array.from(sizes.data as BigInt64Array, (d, i) =>
      d === 0n && attrs.allowzero === 0 ? x.shape[i] : Number(d),
    );
    const unknown = dims.indexOf(-1);
    if (unknown >= 0) {
      const rest = elements(dims.filter((_, i) => i !== unknown));
      dims[unknown] = quotient(elements(x.shape), rest);
    }
    return [{ dtype: x.dtype, shape: dims }];
  },
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.reshape(dy, x.shape)],
  evaluate: ({ inputs: [x, target], attrs }) => {
    const shape = Array.from(target.data, (d, i) => (d === 0 && attrs.allowzero === 0 ? x.shape[i] : d));
    const unknown = shape.indexOf(-1);
    if (unknown >= 0) shape[unknown] = x.data.length / sizeOf(shape.filter((_, i) => i !== unknown));
    return [doubles(x.dtype, shape, x.data)];
  },
});
