/** Elementwise operators. */
import type { Shape } from '../../../app/tensor/dims.ts';
import type { CaseInput, OpCase } from '../op-harness.ts';
import { bools, fixed, floats, given, integers, positive } from './inputs.ts';

const unary = (input: CaseInput = floats(['rows', 3]), twice = true): OpCase[] => [{ inputs: [input], twice }];

/** Same shapes, and shapes that broadcast both ways. */
const binary = (make: (shape: Shape) => CaseInput = floats, twice = true): OpCase[] => [
  { inputs: [make(['batch', 3]), make(['batch', 3])], twice },
  { name: 'broadcast', inputs: [make(['batch', 1, 3]), make([4, 1])] },
];

const comparison: OpCase[] = [{ inputs: [integers(['batch', 3], 3, 'int64'), integers([3], 3, 'int64')] }];

const logic: OpCase[] = [{ inputs: [bools(['batch', 3]), bools([3])] }];

export const elementwise = {
  Abs: unary(),
  Add: binary(),
  And: logic,
  BitShift: [
    { inputs: [integers(['rows', 2], 256, 'uint8'), fixed(given([], [4], 'uint8'))], attrs: { direction: 'RIGHT' } },
    {
      name: 'to the left',
      inputs: [integers([4], 256, 'uint8'), integers([4], 8, 'uint8')],
      attrs: { direction: 'LEFT' },
    },
  ],
  BitwiseAnd: [{ inputs: [integers(['rows', 2], 256, 'uint8'), integers([2], 256, 'uint8')] }],
  BitwiseOr: [{ inputs: [integers(['rows', 2], 256, 'uint8'), integers([2], 256, 'uint8')] }],
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
  Cos: unary(),
  Div: binary(positive),
  Equal: comparison,
  Erf: unary(),
  Exp: unary(),
  Floor: unary(floats(['rows', 3]), false),
  Gelu: [
    { inputs: [floats(['rows', 3])], twice: true },
    { name: 'by tanh', inputs: [floats(['rows', 3])], attrs: { approximate: 'tanh' }, twice: true },
  ],
  Greater: comparison,
  GreaterOrEqual: comparison,
  Identity: unary(),
  LeakyRelu: [{ inputs: [floats([6])], attrs: { alpha: 0.2 }, twice: true }],
  Less: comparison,
  LessOrEqual: comparison,
  Log: unary(positive(['rows', 3])),
  Max: [...binary(floats, false), { name: 'three', inputs: [floats(['batch', 3]), floats([3]), floats([1])] }],
  Min: [...binary(floats, false), { name: 'three', inputs: [floats(['batch', 3]), floats([3]), floats([1])] }],
  Mul: binary(),
  Neg: unary(),
  Not: [{ inputs: [bools(['batch', 3])] }],
  Or: logic,
  Pow: [
    ...binary(positive),
    { name: 'to a constant', inputs: [floats(['rows', 3]), fixed(given([], [2]))], twice: true },
  ],
  QuickGelu: [{ inputs: [floats(['rows', 3])], attrs: { alpha: 1.3 }, twice: true }],
  Reciprocal: unary(positive(['rows', 3])),
  Relu: unary(),
  Round: [{ inputs: [given([6], [0.5, 1.5, -0.5, -1.5, 2.4, 2.6])], by: [] }, { inputs: [given([2], [0.3, 2.6])] }],
  Sigmoid: unary(),
  Sign: unary(floats(['rows', 3]), false),
  Sin: unary(),
  Softplus: unary(),
  Sqrt: unary(positive(['rows', 3])),
  Sub: binary(),
  Tanh: unary(),
  Where: [{ inputs: [bools(['batch', 3]), floats(['batch', 3]), floats([3])], twice: true }],
  Elu: [{ inputs: [floats([6])], attrs: { alpha: 0.7 }, twice: true }],
  HardSigmoid: [{ inputs: [floats([8], -4, 4)], attrs: { alpha: 0.3 } }],
  HardSwish: [{ inputs: [floats([8], -5, 5)] }],
  IsInf: [
    { inputs: [given([4], [1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0])] },
    {
      name: 'positive',
      inputs: [given([3], [1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])],
      attrs: { detect_negative: 0 },
    },
  ],
  IsNaN: [{ inputs: [given([3], [1, Number.NaN, Number.POSITIVE_INFINITY])] }],
  Mish: unary(),
  Mod: [
    { inputs: [given([4], [5, -5, 7, -7], 'int64'), given([4], [3, 3, -4, -4], 'int64')] },
    { name: 'of floats', inputs: [floats(['rows', 3]), fixed(positive([3]))], attrs: { fmod: 1 }, by: [0] },
  ],
  PRelu: [{ inputs: [floats(['batch', 3, 2]), floats([3, 1])], twice: true }],
  Selu: unary(),
  Softsign: unary(),
  Xor: logic,
} satisfies Record<string, readonly OpCase[]>;
