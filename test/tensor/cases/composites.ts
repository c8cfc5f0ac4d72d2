/** Operators of transformers, and our own. */
import type { CaseInput, OpCase } from '../op-harness.ts';
import { fixed, floats, given, integers } from './inputs.ts';

const rotation = (attrs: Record<string, unknown>, x: CaseInput, positions: CaseInput): OpCase => ({
  inputs: [x, positions, fixed(floats([8, 2], -1, 1)), fixed(floats([8, 2], -1, 1))],
  by: [0],
  attrs,
});

/** Rows of 4 numbers as codes and scales. */
const heldRows = (rows: number): CaseInput[] => [integers([rows, 4], 100, 'int8'), floats([rows, 2], -0.05, 0.05)];

export const composites = {
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
      name: 'probabilities computed again',
      inputs: [floats(['batch', 4, 'length', 2]), floats(['batch', 2, 'keys', 2]), floats(['batch', 2, 'keys', 3])],
      attrs: { scale: 0.7, recompute: 1 },
      outputs: 2,
      weighed: [0],
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
  CrossEntropy: [{ inputs: [floats(['rows', 5]), integers(['rows'], 5)], outputs: 2, twice: true }],
  LinearCrossEntropy: [
    { inputs: [floats(['rows', 3]), floats([5, 3]), integers(['rows'], 5)], outputs: 3, weighed: [0] },
  ],
  FrozenHeadLoss: [
    {
      inputs: [floats(['rows', 4]), floats(['rows', 4]), ...heldRows(5), ...heldRows(2)],
      attrs: { block_size: 2 },
      outputs: 2,
      weighed: [0],
      by: [0],
    },
    {
      name: 'with a penalty on the normaliser',
      inputs: [floats(['rows', 4]), floats(['rows', 4]), ...heldRows(2), ...heldRows(5)],
      attrs: { z: 0.1, block_size: 2 },
      outputs: 2,
      weighed: [0],
      by: [0],
    },
  ],
  KlDivergence: [
    {
      inputs: [floats(['rows', 3]), given(['rows', 3], [0.2, 0.3, 0.5, 1, 0, 0, 0.25, 0.25, 0.5, 0.6, 0.3, 0.1])],
      by: [0],
      twice: true,
    },
  ],
  // Its gradient is nothing by definition: finite differences would find one.
  Detach: [{ inputs: [floats(['batch', 3])], by: [] }],
  MeanSquaredError: [{ inputs: [floats(['batch', 3]), floats(['batch', 3])], twice: true }],
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
  ShortlistLogSoftmax: [
    {
      inputs: [floats(['rows', 5]), given(['rows', 2], [0, 3, 4, 2, 1, 0, 2, 3], 'int64')],
      outputs: 3,
      weighed: [0],
    },
  ],
  SwiGlu: [{ inputs: [floats(['rows', 3]), floats(['rows', 3])], twice: true }],
} satisfies Record<string, readonly OpCase[]>;
