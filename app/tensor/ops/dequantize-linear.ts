/**
 * Codes back to numbers: (x - zero point) * scale. The scale is one number, a vector along `axis`, or with `block_size`
 * one a block of that axis.
 */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex } from './evaluate.ts';
import { parameterPlaces } from './quantization-places.ts';

export const dequantizeLinear = defineOp('DequantizeLinear', {
  attrs: { axis: int(1), block_size: int(0) },
  shape: ({ inputs: [x, scale] }) => [{ dtype: scale.dtype, shape: x.shape }],
  // The codes are a fraction of the numbers' size: made again where they are needed again.
  rematerialise: ({ g, attrs, inputs }) => [g.op('DequantizeLinear', inputs, attrs)],
  evaluate: ({ inputs: [x, scale, zero], attrs }) => {
    const out = doubles(scale.dtype, x.shape);
    const place = parameterPlaces(x.shape, scale.shape, attrs);
    eachIndex(x.shape, (index, flat) => {
      const at = place(index);
      out.data[flat] = (x.data[flat] - (zero?.data[at] ?? 0)) * scale.data[at];
    });
    return [out];
  },
});
