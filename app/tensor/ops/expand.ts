/** Broadcasts a value to a shape given as a vector. */
import { broadcastShapes, type Dim } from '../dims.ts';
import { defineOp } from '../op.ts';
import { broadcastOffset, doubles, eachIndex, stridesOf } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';

export const expand = defineOp('Expand', {
  shape: ({ inputs: [x, target], constant }) => {
    const sizes = constant(1);
    const rank = target.shape[0];
    if (!sizes && typeof rank !== 'number') throw new Error('the rank of the expanded value is not known');
    const dims: Dim[] = sizes
      ? Array.from(sizes.data as BigInt64Array, Number)
      : Array.from({ length: rank as number }, (_, i) => opaqueDim('expand', [target], i));
    const shape = broadcastShapes(x.shape, dims);
    if (!shape) throw new Error(`[${x.shape}] does not expand to [${dims}]`);
    return [{ dtype: x.dtype, shape }];
  },
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.unbroadcast(dy, x.shape)],
  evaluate: ({ inputs: [x, target] }) => {
    const out = doubles(x.dtype, broadcastShapes(x.shape, Array.from(target.data)) as number[]);
    const strides = stridesOf(x.shape);
    eachIndex(out.shape, (index, flat) => {
      out.data[flat] = x.data[broadcastOffset(x, strides, index)];
    });
    return [out];
  },
});
