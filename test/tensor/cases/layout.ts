/** Operators that move, pick or make values. */
import { int64 } from '../../../app/tensor/tensor.ts';
import type { OpCase } from '../op-harness.ts';
import { fixed, floats, given, integers, vector } from './inputs.ts';

export const layout = {
  Concat: [
    { inputs: [floats(['batch', 2]), floats(['batch', 3])], attrs: { axis: -1 }, twice: true },
    { name: 'symbolic', inputs: [floats(['batch', 2]), floats(['rows', 2])], attrs: { axis: 0 } },
  ],
  Expand: [
    { inputs: [floats([2, 1]), vector(3, 1, 4)], twice: true },
    { name: 'to sizes known when it runs', inputs: [floats([2, 1]), given([3], [3, 1, 4], 'int64')], dynamic: true },
  ],
  Gather: [
    { inputs: [floats([5, 2]), integers(['batch', 3], 5)], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 5, 3]), integers([2, 2], 5)], attrs: { axis: 1 } },
    { name: 'one of the last axis', inputs: [floats(['batch', 5]), given([], [-1], 'int64')], attrs: { axis: -1 } },
  ],
  GatherElements: [{ inputs: [floats(['batch', 4]), integers(['batch', 3], 4)], attrs: { axis: -1 }, twice: true }],
  GatherND: [{ inputs: [floats([3, 4, 2]), integers(['rows', 2], 3)], twice: true }],
  Pad: [
    { inputs: [floats(['batch', 3]), vector(1, 0, 0, 2)], twice: true },
    { name: 'with a value', inputs: [floats([2, 3]), vector(0, 1, 1, 1), fixed(given([], [0.5]))] },
    { name: 'some axes', inputs: [floats(['batch', 3]), vector(1, 2), undefined, vector(-1)] },
  ],
  Pick: [
    {
      inputs: [floats([3, 2]), vector(2, 0, 1), vector(1, 2, 0)],
      twice: true,
    },
    {
      name: 'some of the rows',
      inputs: [floats([4, 2]), vector(2, 0), vector(1, 0, 0, 0), fixed(given([4, 1], [1, 0, 1, 0]))],
      by: [0],
    },
  ],
  Range: [
    { inputs: [1, 8, 3].map((v) => fixed(given([], [v], 'int64'))) },
    { name: 'of floats', inputs: [1, 0.1, -0.3].map((v) => fixed(given([], [v]))) },
    { name: 'known when it runs', inputs: [0, 5, 2].map((v) => given([], [v], 'int64')), dynamic: true },
  ],
  Reshape: [
    { inputs: [floats(['batch', 'length', 4]), vector(0, -1, 2)], twice: true },
    { name: 'flat', inputs: [floats(['batch', 'length', 4]), vector(-1)] },
    { name: 'known when it runs', inputs: [floats([2, 3]), given([2], [3, -1], 'int64')], dynamic: true },
  ],
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
  Squeeze: [
    { inputs: [floats([1, 'batch', 1, 3]), vector(0, -2)], twice: true },
    { name: 'every one', inputs: [floats([1, 2, 1, 3])] },
  ],
  Transpose: [
    { inputs: [floats(['batch', 2, 3])], attrs: { perm: [2, 0, 1] }, twice: true },
    { name: 'reversed', inputs: [floats(['batch', 2, 3])] },
  ],
  Unsqueeze: [{ inputs: [floats(['batch', 3]), vector(0, -1)], twice: true }],
  Constant: [
    { inputs: [], attrs: { value: int64([2], [3, 4]) } },
    { name: 'a number', inputs: [], attrs: { value_float: 0.5 } },
    { name: 'integers', inputs: [], attrs: { value_ints: [1, 2, 3] } },
  ],
  ConstantOfShape: [
    { inputs: [vector(2, 3)] },
    {
      name: 'known when it runs',
      inputs: [given([2], [2, 3], 'int64')],
      attrs: { value: int64([1], [7]) },
      dynamic: true,
    },
  ],
  Dropout: [{ inputs: [floats(['rows', 3]), fixed(given([], [0.5])), fixed(given([], [0], 'bool'))], outputs: 2 }],
  EyeLike: [
    { inputs: [floats([3, 4])], attrs: { k: 1 } },
    { name: 'another type', inputs: [floats(['rows', 3])], attrs: { k: -1, dtype: 7 } },
  ],
  Flatten: [
    { inputs: [floats(['batch', 'length', 4])], attrs: { axis: 2 }, twice: true },
    { name: 'to a row', inputs: [floats(['batch', 3])], attrs: { axis: 0 } },
  ],
  NonZero: [{ inputs: [integers([3, 4], 2, 'int64')], dynamic: true }],
  OneHot: [
    {
      inputs: [given(['batch', 2], [0, 2, -1, 7], 'int64'), fixed(given([], [4], 'int64')), fixed(given([2], [-1, 1]))],
    },
    {
      name: 'in front',
      inputs: [integers(['rows'], 3), fixed(given([1], [3], 'int64')), fixed(given([2], [0, 1]))],
      attrs: { axis: 0 },
    },
  ],
  Tile: [
    { inputs: [floats(['batch', 3]), vector(2, 3)], twice: true },
    { name: 'once', inputs: [floats(['batch', 3]), vector(1, 1)] },
  ],
  TopK: [
    { inputs: [floats(['rows', 5]), vector(3)], outputs: 2, twice: true },
    {
      name: 'the smallest of an inner axis',
      inputs: [floats(['batch', 5, 2]), vector(2)],
      attrs: { axis: 1, largest: 0 },
      outputs: 2,
    },
  ],
  Trilu: [
    { inputs: [floats(['batch', 3, 4])], twice: true },
    { name: 'lower', inputs: [floats([3, 4]), fixed(given([], [-1], 'int64'))], attrs: { upper: 0 } },
  ],
} satisfies Record<string, readonly OpCase[]>;
