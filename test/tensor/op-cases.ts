/** At least one case for every operator in the list; the suite fails to compile where one is missing. */
import type { Shape } from '../../app/tensor/dims.ts';
import type { DType } from '../../app/tensor/dtype.ts';
import type { OpName } from '../../app/tensor/ops/index.ts';
import type { CaseInput, OpCase } from './op-harness.ts';

/** Floats in [low, high], none within 0.1 of 0, where many slopes jump. */
function floats(shape: Shape, low = -2, high = 2, dtype: DType = 'float32'): CaseInput {
  const away = (v: number) => (Math.abs(v) < 0.1 ? v + (v < 0 ? -0.1 : 0.1) : v);
  const values = (count: number, random: () => number) =>
    Array.from({ length: count }, () => away(low + (high - low) * random()));
  return { dtype, shape, values };
}

const given = (shape: Shape, values: readonly number[], dtype: DType = 'float32'): CaseInput => ({
  dtype,
  shape,
  values: () => values,
});

/** Integers from 0 to before `limit`. */
const integers = (shape: Shape, limit: number, dtype: DType = 'int64'): CaseInput => ({
  dtype,
  shape,
  values: (count, random) => Array.from({ length: count }, () => Math.floor(limit * random())),
});

const fixed = (input: CaseInput): CaseInput => ({ ...input, constant: true });

/** A constant vector of int64: axes, sizes, bounds. */
const vector = (...values: number[]): CaseInput => fixed(given([values.length], values, 'int64'));

const bools = (shape: Shape): CaseInput => integers(shape, 2, 'bool');

const positive = (shape: Shape): CaseInput => floats(shape, 0.2, 3);

const unary = (input: CaseInput = floats(['rows', 3]), twice = true): OpCase[] => [{ inputs: [input], twice }];

/** Same shapes, and shapes that broadcast both ways. */
const binary = (make: (shape: Shape) => CaseInput = floats, twice = true): OpCase[] => [
  { inputs: [make(['batch', 3]), make(['batch', 3])], twice },
  { name: 'broadcast', inputs: [make(['batch', 1, 3]), make([4, 1])] },
];

const comparison: OpCase[] = [{ inputs: [integers(['batch', 3], 3, 'int64'), integers([3], 3, 'int64')] }];
const logic: OpCase[] = [{ inputs: [bools(['batch', 3]), bools([3])] }];

const reduction: OpCase[] = [
  { inputs: [floats(['batch', 3, 4]), vector(1)], attrs: { keepdims: 1 } },
  { name: 'without the axes', inputs: [floats(['batch', 3, 4]), vector(0, -1)], attrs: { keepdims: 0 } },
  { name: 'everything', inputs: [floats([2, 3])], attrs: { keepdims: 0 } },
];

const rotation = (attrs: Record<string, unknown>, x: CaseInput, positions: CaseInput): OpCase => ({
  inputs: [x, positions, fixed(floats([8, 2], -1, 1)), fixed(floats([8, 2], -1, 1))],
  by: [0],
  attrs,
});

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

export const CASES: Readonly<Record<OpName, readonly OpCase[]>> = {
  Abs: unary(),
  Add: binary(),
  And: logic,
  Attention: [
    {
      name: 'grouped, biased',
      inputs: [
        floats(['batch', 4, 'length', 2]),
        floats(['batch', 2, 'keys', 2]),
        floats(['batch', 2, 'keys', 3]),
        floats(['batch', 1, 1, 'length', 'keys']),
      ],
      attrs: { scale: 0.7 },
      outputs: 2,
      twice: true,
    },
    {
      name: 'capped',
      inputs: [floats(['batch', 2, 'length', 2]), floats(['batch', 2, 'keys', 2]), floats(['batch', 2, 'keys', 2])],
      attrs: { scale: 0.7, softcap: 1.5 },
      outputs: 2,
      weighed: [0],
      twice: true,
    },
  ],
  BitShift: [
    { inputs: [integers(['rows', 2], 256, 'uint8'), fixed(given([], [4], 'uint8'))], attrs: { direction: 'RIGHT' } },
    {
      name: 'to the left',
      inputs: [integers([4], 256, 'uint8'), integers([4], 8, 'uint8')],
      attrs: { direction: 'LEFT' },
    },
  ],
  BitwiseAnd: [{ inputs: [integers(['rows', 2], 256, 'uint8'), integers([2], 256, 'uint8')] }],
  Cast: [
    { inputs: [floats([3])], attrs: { to: 11 } },
    { name: 'to int64', inputs: [floats([6])], attrs: { to: 7 }, by: [] },
    { name: 'to bool', inputs: [integers([6], 2, 'int32')], attrs: { to: 9 } },
  ],
  Ceil: unary(floats(['rows', 3]), false),
  Clip: [
    { inputs: [floats([8]), fixed(given([], [-0.5])), fixed(given([], [0.7]))] },
    { name: 'from below', inputs: [floats([8]), fixed(given([], [-0.5]))] },
    { name: 'from above', inputs: [floats([8]), undefined, fixed(given([], [0.7]))] },
  ],
  Concat: [
    { inputs: [floats(['batch', 2]), floats(['batch', 3])], attrs: { axis: -1 }, twice: true },
    { name: 'symbolic', inputs: [floats(['batch', 2]), floats(['rows', 2])], attrs: { axis: 0 } },
  ],
  Cos: unary(),
  CrossEntropy: [{ inputs: [floats(['rows', 5]), integers(['rows'], 5)], outputs: 2, twice: true }],
  Div: binary(positive),
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
  Equal: comparison,
  Erf: unary(),
  Exp: unary(),
  Expand: [
    { inputs: [floats([2, 1]), vector(3, 1, 4)], twice: true },
    { name: 'to sizes known when it runs', inputs: [floats([2, 1]), given([3], [3, 1, 4], 'int64')], dynamic: true },
  ],
  Floor: unary(floats(['rows', 3]), false),
  FusedMatMul: [
    { inputs: [floats(['batch', 3, 4]), floats([5, 4])], attrs: { transB: 1, alpha: 0.5 }, twice: true },
    { name: 'first transposed', inputs: [floats(['batch', 4, 3]), floats(['batch', 4, 5])], attrs: { transA: 1 } },
    { name: 'both transposed', inputs: [floats([2, 1, 4, 3]), floats([2, 5, 4])], attrs: { transA: 1, transB: 1 } },
    { name: 'a transposed stack and a matrix', inputs: [floats([2, 4, 3]), floats([4, 5])], attrs: { transA: 1 } },
  ],
  Gather: [
    { inputs: [floats([5, 2]), integers(['batch', 3], 5)], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 5, 3]), integers([2, 2], 5)], attrs: { axis: 1 } },
    { name: 'one of the last axis', inputs: [floats(['batch', 5]), given([], [-1], 'int64')], attrs: { axis: -1 } },
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
  GatherElements: [{ inputs: [floats(['batch', 4]), integers(['batch', 3], 4)], attrs: { axis: -1 }, twice: true }],
  GatherND: [{ inputs: [floats([3, 4, 2]), integers(['rows', 2], 3)], twice: true }],
  Gelu: [
    { inputs: [floats(['rows', 3])], twice: true },
    { name: 'by tanh', inputs: [floats(['rows', 3])], attrs: { approximate: 'tanh' }, twice: true },
  ],
  Gemm: [
    { inputs: [floats(['rows', 3]), floats([3, 2]), floats([2])], attrs: { alpha: 0.5, beta: 2 }, twice: true },
    { name: 'transposed', inputs: [floats([3, 'rows']), floats([2, 3])], attrs: { transA: 1, transB: 1 } },
  ],
  Greater: comparison,
  GreaterOrEqual: comparison,
  GroupQueryAttention: [
    attendance('from the start', 3, 0, {}),
    attendance('with a past', 2, 4, { local_window_size: 3 }),
    attendance('rotated', 1, 4, { do_rotary: 1 }),
  ],
  Identity: unary(),
  KlDivergence: [
    {
      inputs: [floats(['rows', 3]), given(['rows', 3], [0.2, 0.3, 0.5, 1, 0, 0, 0.25, 0.25, 0.5, 0.6, 0.3, 0.1])],
      by: [0],
      twice: true,
    },
  ],
  LayerNormalization: [
    {
      inputs: [floats(['batch', 3, 4]), floats([4]), floats([4])],
      attrs: { epsilon: 0.01 },
      outputs: 3,
      twice: true,
    },
    { name: 'without the statistics', inputs: [floats(['rows', 4]), floats([4])], outputs: 1, twice: true },
  ],
  LeakyRelu: [{ inputs: [floats([6])], attrs: { alpha: 0.2 }, twice: true }],
  Less: comparison,
  LessOrEqual: comparison,
  Log: unary(positive(['rows', 3])),
  LogSoftmax: [
    { inputs: [floats(['rows', 4])], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 4, 2])], attrs: { axis: 1 } },
  ],
  MatMul: [
    { inputs: [floats(['batch', 'length', 4]), floats([4, 2])], twice: true },
    { name: 'stacks that broadcast', inputs: [floats(['batch', 1, 2, 3]), floats([2, 3, 4])] },
    { name: 'a vector on the right', inputs: [floats(['batch', 2, 3]), floats([3])] },
    { name: 'a vector on the left', inputs: [floats([3]), floats(['batch', 3, 2])] },
    { name: 'two vectors', inputs: [floats([3]), floats([3])] },
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
  MatMulNBits: [
    nBits('4 bits', { K: 32, N: 3, bits: 4, block_size: 16 }, false, false),
    nBits('4 bits, constant', { K: 32, N: 3, bits: 4, block_size: 16 }, false, true),
    nBits('4 bits, zero points', { K: 48, N: 3, bits: 4, block_size: 16 }, true, false),
    nBits('4 bits, a part of a block', { K: 24, N: 3, bits: 4, block_size: 16 }, true, false),
    nBits('8 bits', { K: 32, N: 3, bits: 8, block_size: 16 }, true, false),
  ],
  Max: [...binary(floats, false), { name: 'three', inputs: [floats(['batch', 3]), floats([3]), floats([1])] }],
  MeanSquaredError: [{ inputs: [floats(['batch', 3]), floats(['batch', 3])], twice: true }],
  Min: [...binary(floats, false), { name: 'three', inputs: [floats(['batch', 3]), floats([3]), floats([1])] }],
  Mul: binary(),
  Neg: unary(),
  Not: [{ inputs: [bools(['batch', 3])] }],
  Or: logic,
  Pad: [
    { inputs: [floats(['batch', 3]), vector(1, 0, 0, 2)], twice: true },
    { name: 'with a value', inputs: [floats([2, 3]), vector(0, 1, 1, 1), fixed(given([], [0.5]))] },
    { name: 'some axes', inputs: [floats(['batch', 3]), vector(1, 2), undefined, vector(-1)] },
  ],
  Pow: [
    ...binary(positive),
    { name: 'to a constant', inputs: [floats(['rows', 3]), fixed(given([], [2]))], twice: true },
  ],
  QuantizeLinear: [
    { inputs: [floats(['rows', 3]), fixed(given([], [0.03]))] },
    {
      name: 'along an axis',
      inputs: [floats(['rows', 3]), given([3], [0.5, 0.03, 0.01]), fixed(given([3], [0, 5, -9], 'int8'))],
      attrs: { axis: 1 },
    },
  ],
  QuickGelu: [{ inputs: [floats(['rows', 3])], attrs: { alpha: 1.3 }, twice: true }],
  Range: [
    { inputs: [1, 8, 3].map((v) => fixed(given([], [v], 'int64'))) },
    { name: 'of floats', inputs: [1, 0.1, -0.3].map((v) => fixed(given([], [v]))) },
    { name: 'known when it runs', inputs: [0, 5, 2].map((v) => given([], [v], 'int64')), dynamic: true },
  ],
  Reciprocal: unary(positive(['rows', 3])),
  ReduceMax: reduction,
  ReduceMean: [...reduction, { name: 'a symbolic axis', inputs: [floats(['batch', 3]), vector(0)], twice: true }],
  ReduceMin: reduction,
  ReduceSum: [
    ...reduction,
    { name: 'nothing', inputs: [floats([2, 3])], attrs: { noop_with_empty_axes: 1 } },
    { name: 'a symbolic axis', inputs: [floats(['batch', 3]), vector(0)], twice: true },
  ],
  Relu: unary(),
  Reshape: [
    { inputs: [floats(['batch', 'length', 4]), vector(0, -1, 2)], twice: true },
    { name: 'flat', inputs: [floats(['batch', 'length', 4]), vector(-1)] },
    { name: 'known when it runs', inputs: [floats([2, 3]), given([2], [3, -1], 'int64')], dynamic: true },
  ],
  RmsNorm: [
    {
      inputs: [floats(['batch', 3, 4]), floats([4])],
      attrs: { epsilon: 0.01 },
      outputs: 2,
      twice: true,
    },
  ],
  RotaryEmbedding: [
    rotation({}, floats(['batch', 3, 'length', 4]), integers(['batch', 'length'], 8)),
    rotation({ interleaved: 1 }, floats(['batch', 3, 'length', 4]), integers(['batch', 'length'], 8)),
    { name: 'from an offset', ...rotation({}, floats(['batch', 2, 'length', 4]), given([1], [2], 'int64')) },
    {
      name: 'rows of heads, partly',
      ...rotation(
        { num_heads: 2, rotary_embedding_dim: 4 },
        floats(['batch', 'length', 12]),
        integers(['batch', 'length'], 8),
      ),
    },
  ],
  Round: [{ inputs: [given([6], [0.5, 1.5, -0.5, -1.5, 2.4, 2.6])], by: [] }, { inputs: [given([2], [0.3, 2.6])] }],
  ScatterElements: [
    {
      inputs: [floats(['batch', 4]), given(['batch', 2], [3, 0, 1, 2], 'int64'), floats(['batch', 2])],
      attrs: { axis: 1 },
    },
    {
      name: 'adding',
      inputs: [floats(['batch', 4]), integers(['batch', 3], 4), floats(['batch', 3])],
      attrs: { axis: -1, reduction: 'add' },
      twice: true,
    },
  ],
  ScatterND: [
    { inputs: [floats([4, 2]), given([2, 1], [3, 1], 'int64'), floats([2, 2])] },
    {
      name: 'adding',
      inputs: [floats([4, 2]), integers(['rows', 1], 4), floats(['rows', 2])],
      attrs: { reduction: 'add' },
      twice: true,
    },
  ],
  Shape: [
    { inputs: [floats(['batch', 3, 4])], by: [] },
    { name: 'a part', inputs: [floats(['batch', 3, 4])], attrs: { start: -2, end: -1 }, by: [] },
  ],
  Sigmoid: unary(),
  Sign: unary(floats(['rows', 3]), false),
  SimplifiedLayerNormalization: [
    { inputs: [floats(['batch', 3, 4]), floats([4])], attrs: { epsilon: 0.01 }, outputs: 2, twice: true },
  ],
  Sin: unary(),
  Size: [{ inputs: [floats(['batch', 3])], by: [] }],
  Slice: [
    { inputs: [floats(['batch', 5]), vector(1), vector(4), vector(1)], twice: true },
    {
      name: 'from the end',
      inputs: [floats([6, 5]), vector(-3, 4), vector(100, 0), vector(0, 1), vector(1, -1)],
      by: [],
    },
    { name: 'every other', inputs: [floats(['batch', 5]), vector(0), vector(5), vector(1), vector(2)] },
    { name: 'backwards', inputs: [floats(['batch', 5]), vector(-1), vector(-99), vector(1), vector(-1)] },
    { name: 'a symbolic axis', inputs: [floats(['rows', 2]), vector(1), vector(2 ** 31 - 1), vector(0)], twice: true },
    { name: 'the end of a symbolic axis', inputs: [floats(['rows', 2]), vector(-2), vector(2 ** 31 - 1)] },
    { name: 'all but the ends', inputs: [floats(['rows', 2]), vector(1), vector(-1)] },
    {
      name: 'known when it runs',
      inputs: [floats([4]), given([1], [1], 'int64'), given([1], [3], 'int64')],
      dynamic: true,
      by: [],
    },
  ],
  Softmax: [
    { inputs: [floats(['rows', 4])], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 4, 2])], attrs: { axis: 1 } },
  ],
  Softplus: unary(),
  Split: [
    { inputs: [floats(['batch', 5]), vector(2, 3)], attrs: { axis: 1 }, outputs: 2, twice: true },
    { name: 'equally', inputs: [floats(['batch', 6])], attrs: { axis: -1, num_outputs: 3 }, outputs: 3 },
    { name: 'with a smaller rest', inputs: [floats([7])], attrs: { num_outputs: 3 }, outputs: 3 },
    {
      name: 'of which one is read',
      inputs: [floats(['batch', 4]), vector(1, 3)],
      attrs: { axis: 1 },
      outputs: 2,
      weighed: [1],
    },
  ],
  Sqrt: unary(positive(['rows', 3])),
  Squeeze: [
    { inputs: [floats([1, 'batch', 1, 3]), vector(0, -2)], twice: true },
    { name: 'every one', inputs: [floats([1, 2, 1, 3])] },
  ],
  Sub: binary(),
  SwiGlu: [{ inputs: [floats(['rows', 3]), floats(['rows', 3])], twice: true }],
  Tanh: unary(),
  Transpose: [
    { inputs: [floats(['batch', 2, 3])], attrs: { perm: [2, 0, 1] }, twice: true },
    { name: 'reversed', inputs: [floats(['batch', 2, 3])] },
  ],
  Unsqueeze: [{ inputs: [floats(['batch', 3]), vector(0, -1)], twice: true }],
  Where: [{ inputs: [bools(['batch', 3]), floats(['batch', 3]), floats([3])], twice: true }],
};
