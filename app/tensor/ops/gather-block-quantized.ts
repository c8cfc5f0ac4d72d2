/**
 * ONNX Runtime's look-up of rows in a block-quantized table: data [V, K*bits/8] as bytes (or [V, K] of a 4-bit type),
 * indices [...], scales [V, K/block] and optional zero points packed alike -> float rows [..., K].
 */
import { int } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import type { DType } from '../dtype.ts';
import { defineOp, MICROSOFT } from '../op.ts';
import { doubles } from './evaluate.ts';
import { codeAt } from './packed-codes.ts';

interface Attributes {
  readonly bits: number;
  readonly gather_axis: number;
  readonly quantize_axis: number;
}

function widthOf(data: { readonly dtype: DType; readonly shape: readonly Dim[] }, attrs: Attributes): number {
  const last = data.shape.length - 1;
  const quantized = attrs.quantize_axis < 0 ? attrs.quantize_axis + data.shape.length : attrs.quantize_axis;
  if (data.shape.length !== 2 || attrs.gather_axis !== 0 || quantized !== last) {
    throw new Error('only rows of a matrix quantized along its rows are looked up');
  }
  return data.dtype === 'uint8' ? (Number(data.shape[1]) * 8) / attrs.bits : Number(data.shape[1]);
}

export const gatherBlockQuantized = defineOp('GatherBlockQuantized', {
  domain: MICROSOFT,
  attrs: { bits: int(4), block_size: int(128), gather_axis: int(0), quantize_axis: int(1) },
  shape: ({ inputs: [data, indices, scales], attrs }) => [
    { dtype: scales.dtype, shape: [...indices.shape, widthOf(data, attrs)] },
  ],
  evaluate: ({ inputs: [data, indices, scales, zeros], attrs }) => {
    const width = widthOf(data, attrs);
    const [rows, bytes] = data.shape;
    const packed = data.dtype === 'uint8';
    const [blocks, zeroBytes] = [scales.shape[1], zeros?.shape[1] ?? 0];
    const out = doubles(scales.dtype, [...indices.shape, width]);
    indices.data.forEach((index, n) => {
      const row = index < 0 ? index + rows : index;
      for (let i = 0; i < width; i++) {
        const block = Math.floor(i / attrs.block_size);
        const code = packed ? codeAt(data, row * bytes, i, attrs.bits) : data.data[row * bytes + i];
        let zero = packed ? 2 ** (attrs.bits - 1) : 0;
        if (zeros) zero = packed ? codeAt(zeros, row * zeroBytes, block, attrs.bits) : zeros.data[row * blocks + block];
        out.data[n * width + i] = (code - zero) * scales.data[row * blocks + block];
      }
    });
    return [out];
  },
});
