/** Operators on quantized values, and decoding. */
import type { Shape } from '../../../app/tensor/dims.ts';
import type { CaseInput, OpCase } from '../op-harness.ts';
import { fixed, floats, given, integers, positive } from './inputs.ts';

const signed = (shape: Shape): CaseInput => ({
  ...integers(shape, 256, 'int8'),
  values: (count, random) => Array.from({ length: count }, () => Math.floor(256 * random()) - 128),
});

type Blocks = Readonly<Record<'K' | 'N' | 'bits' | 'block_size', number>>;

function nBits(name: string, attrs: Blocks, zeroPoints: boolean, constant: boolean): OpCase {
  const blocks = Math.ceil(attrs.K / attrs.block_size);
  const codes = integers([attrs.N, blocks, (attrs.block_size * attrs.bits) / 8], 256, 'uint8');
  const zeros = integers([attrs.N, Math.ceil((blocks * attrs.bits) / 8)], 256, 'uint8');
  return {
    name,
    inputs: [
      floats(['batch', 'length', attrs.K], -1, 1),
      constant ? fixed(codes) : codes,
      floats([attrs.N, blocks], 0.01, 0.1),
      ...(zeroPoints ? [zeros] : []),
    ],
    attrs,
    by: [0],
    tolerance: 1e-4,
  };
}

/** GroupQueryAttention of 4 heads over 2, each 16 wide; the runtime takes several new tokens after a past one row at a time. */
function attendance(name: string, length: number, past: number, attrs: Record<string, unknown>): OpCase {
  const batch = length > 1 && past > 0 ? 1 : 2;
  const tables = [fixed(floats([8, 8], -1, 1)), fixed(floats([8, 8], -1, 1))];
  return {
    name,
    inputs: [
      floats([batch, length, 64]),
      floats([batch, length, 32]),
      floats([batch, length, 32]),
      floats([batch, 2, past, 16]),
      floats([batch, 2, past, 16]),
      given([batch], new Array<number>(batch).fill(past + length - 1), 'int32'),
      given([], [past + length], 'int32'),
      ...(attrs.do_rotary ? tables : []),
    ],
    attrs: { num_heads: 4, kv_num_heads: 2, ...attrs },
    outputs: 3,
    dynamic: true,
  };
}

/** The same with query, key and value side by side. */
const packed = (c: OpCase): OpCase => {
  const [query, , , ...rest] = c.inputs as readonly CaseInput[];
  return { ...c, inputs: [floats([...query.shape.slice(0, 2), 128]), undefined, undefined, ...rest] };
};

export const quantized = {
  DequantizeLinear: [
    { inputs: [integers([2, 3], 256, 'uint8'), fixed(given([], [0.5])), fixed(given([], [7], 'uint8'))] },
    {
      name: 'along an axis',
      inputs: [integers([2, 3], 128, 'int8'), positive([3]), integers([3], 128, 'int8')],
      attrs: { axis: -1 },
    },
    {
      name: 'blocks of 4 bits',
      inputs: [fixed(integers([2, 32], 16, 'uint4')), positive([2, 2]), fixed(integers([2, 2], 16, 'uint4'))],
      attrs: { axis: 1, block_size: 16 },
    },
  ],
  DynamicQuantizeLinear: [{ inputs: [floats(['rows', 3])], outputs: 3 }],
  DynamicQuantizeMatMul: [
    { inputs: [floats(['rows', 4]), signed([4, 3]), positive([3])] },
    { name: 'stack', inputs: [floats(['batch', 2, 4]), signed([4, 3]), positive([1]), signed([1]), floats([3])] },
  ],
  GatherBlockQuantized: [
    {
      inputs: [integers([5, 16], 256, 'uint8'), integers(['batch', 3], 5), positive([5, 2])],
      attrs: { bits: 4, block_size: 16, gather_axis: 0, quantize_axis: 1 },
    },
    {
      name: 'with zero points',
      inputs: [
        integers([5, 32], 256, 'uint8'),
        integers(['rows'], 5),
        positive([5, 2]),
        integers([5, 2], 256, 'uint8'),
      ],
      attrs: { bits: 8, block_size: 16, gather_axis: 0, quantize_axis: 1 },
    },
  ],
  GroupQueryAttention: [
    attendance('from the start', 3, 0, {}),
    attendance('with a past', 2, 4, { local_window_size: 3 }),
    attendance('rotated', 1, 4, { do_rotary: 1 }),
    packed(attendance('packed', 3, 0, {})),
    packed(attendance('packed, rotated', 1, 4, { do_rotary: 1 })),
  ],
  MatMulInteger: [
    {
      inputs: [
        integers(['batch', 2, 4], 256, 'uint8'),
        integers([4, 3], 256, 'uint8'),
        fixed(given([], [100], 'uint8')),
        fixed(given([], [7], 'uint8')),
      ],
    },
  ],
  MatMulIntegerToFloat: [
    {
      inputs: [
        integers(['batch', 2, 4], 256, 'uint8'),
        signed([4, 3]),
        fixed(given([], [0.5])),
        positive([3]),
        fixed(given([], [100], 'uint8')),
      ],
    },
  ],
  MatMulNBits: [
    nBits('4 bits', { K: 32, N: 3, bits: 4, block_size: 16 }, false, false),
    nBits('4 bits, constant', { K: 32, N: 3, bits: 4, block_size: 16 }, false, true),
    nBits('4 bits, zero points', { K: 48, N: 3, bits: 4, block_size: 16 }, true, false),
    nBits('4 bits, a part of a block', { K: 24, N: 3, bits: 4, block_size: 16 }, true, false),
    nBits('8 bits', { K: 32, N: 3, bits: 8, block_size: 16 }, true, false),
  ],
  QuantizeLinear: [
    { inputs: [floats(['rows', 3]), fixed(given([], [0.03]))] },
    {
      name: 'along an axis',
      inputs: [floats(['rows', 3]), given([3], [0.5, 0.03, 0.01]), fixed(given([3], [0, 5, -9], 'int8'))],
      attrs: { axis: 1 },
    },
  ],
  SkipSimplifiedLayerNormalization: [
    { inputs: [floats([2, 3, 8]), floats([2, 3, 8]), floats([8])], attrs: { epsilon: 1e-5 }, by: [] },
  ],
} satisfies Record<string, readonly OpCase[]>;
