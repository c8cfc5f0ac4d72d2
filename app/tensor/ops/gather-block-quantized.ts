/**
 * ONNX Runtime's look-up of rows in a block-quantized table: data [V, K*bits/8], indices [...], scales [V, K/block] and
 * optional packed zero points -> float rows [..., K].
 */
import { int } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';

export const gatherBlockQuantized = defineOp('GatherBlockQuantized', {
  domain: MICROSOFT,
  attrs: { bits: int(4), block_size: int(128), gather_axis: int(0), quantize_axis: int(1) },
  shape: ({ inputs: [data, indices, scales], attrs }) => [
    { dtype: scales.dtype, shape: [...indices.shape, ((data.shape[1] as number) * 8) / attrs.bits] },
  ],
});
