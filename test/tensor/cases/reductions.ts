/** Reductions, norms and softmaxes. */
import type { OpCase } from '../op-harness.ts';
import { fixed, floats, given, vector } from './inputs.ts';

const reduction: OpCase[] = [
  { inputs: [floats(['batch', 3, 4]), vector(1)], attrs: { keepdims: 1 } },
  { name: 'without the axes', inputs: [floats(['batch', 3, 4]), vector(0, -1)], attrs: { keepdims: 0 } },
  { name: 'everything', inputs: [floats([2, 3])], attrs: { keepdims: 0 } },
];

export const reductions = {
  LayerNormalization: [
    {
      inputs: [floats(['batch', 3, 4]), floats([4]), floats([4])],
      attrs: { epsilon: 0.01 },
      outputs: 3,
      twice: true,
    },
    { name: 'without the statistics', inputs: [floats(['rows', 4]), floats([4])], outputs: 1, twice: true },
  ],
  LogSoftmax: [
    { inputs: [floats(['rows', 4])], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 4, 2])], attrs: { axis: 1 } },
  ],
  ReduceMax: reduction,
  ReduceMean: [...reduction, { name: 'a symbolic axis', inputs: [floats(['batch', 3]), vector(0)], twice: true }],
  ReduceMin: reduction,
  ReduceSum: [
    ...reduction,
    { name: 'nothing', inputs: [floats([2, 3])], attrs: { noop_with_empty_axes: 1 } },
    { name: 'a symbolic axis', inputs: [floats(['batch', 3]), vector(0)], twice: true },
  ],
  SimplifiedLayerNormalization: [
    { inputs: [floats(['batch', 3, 4]), floats([4])], attrs: { epsilon: 0.01 }, outputs: 2, twice: true },
  ],
  Softmax: [
    { inputs: [floats(['rows', 4])], twice: true },
    { name: 'inner axis', inputs: [floats(['batch', 4, 2])], attrs: { axis: 1 } },
  ],
  ArgMax: [
    { inputs: [floats(['batch', 3, 4])], attrs: { axis: 1 }, by: [] },
    {
      name: 'the last of equals',
      inputs: [given([4], [1, 3, 3, 0])],
      attrs: { keepdims: 0, select_last_index: 1 },
      by: [],
    },
  ],
  ArgMin: [{ inputs: [floats(['batch', 3, 4])], attrs: { axis: -1, keepdims: 0 }, by: [] }],
  CumSum: [
    { inputs: [floats(['batch', 3]), fixed(given([], [1], 'int64'))], twice: true },
    {
      name: 'from behind, less itself',
      inputs: [floats([4, 2]), fixed(given([], [0], 'int64'))],
      attrs: { exclusive: 1, reverse: 1 },
    },
  ],
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSumExp: reduction,
  ReduceProd: reduction,
  ReduceSumSquare: reduction,
} satisfies Record<string, readonly OpCase[]>;
