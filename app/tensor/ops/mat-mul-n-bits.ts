/**
 * ONNX Runtime's product with block-quantized weights: x [..., K] times the transpose of W [N, K], W held as codes
 * [N, K/block, block*bits/8], one scale a block and optionally one packed zero point a block.
 */
import { int } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';

export const matMulNBits = defineOp('MatMulNBits', {
  domain: MICROSOFT,
  attrs: { K: int(0), N: int(0), bits: int(4), block_size: int(32), accuracy_level: int(0) },
  shape: ({ inputs: [x], attrs }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), attrs.N] }],
});
