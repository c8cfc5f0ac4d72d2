/** Attention of an encoder-decoder's decoder, in plain operators: to the encoder's tokens, and with biases by distance. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { AttentionSpec, RelativeBias } from '../architectures/kit.ts';
import { emitRelativeBias } from './relative-bias.ts';

const MASKED = -1e30;

/** [batch, tokens, heads*dim] -> [batch, heads, tokens, dim] */
function toHeads(g: GraphBuilder, x: Value, heads: number, dim: number): Value {
  const [batch, tokens] = x.shape;
  const types = [{ dtype: x.dtype, shape: [batch, tokens, heads, dim] }];
  return g.transpose(g.op('Reshape', [x, g.int64s([0, 0, heads, dim])], {}, { types }), [0, 2, 1, 3]);
}

/** [batch, heads, length, dim] -> [batch, length, heads*dim] */
function fromHeads(g: GraphBuilder, x: Value, width: number): Value {
  const turned = g.transpose(x, [0, 2, 1, 3]);
  const types = [{ dtype: x.dtype, shape: ['batch', 'length', width] }];
  return g.op('Reshape', [turned, g.int64s([0, 0, width])], {}, { types });
}

const scaleOf = ({ scale, headDim }: AttentionSpec): number => scale ?? headDim ** -0.5;

/**
 * @param k, v [batch, source, heads*dim]
 * @param mask int64 [batch, source], 0 where a token is not to be seen
 * @returns [batch, length, heads*dim]
 */
export function attendToMemory(g: GraphBuilder, q: Value, k: Value, v: Value, spec: AttentionSpec, mask: Value): Value {
  const { layer, heads, headDim } = spec;
  return g.scoped(`memory.${layer}`, () => {
    const hidden = g.op('Equal', [mask, g.scalar(0, 'int64')]);
    const bias = g.unsqueeze(g.where(hidden, g.scalar(MASKED), g.scalar(0)), [1, 2, 3]);
    const inputs = [q, k, v].map((x) => toHeads(g, x, heads, headDim));
    const [mixed] = g.apply('Attention', [...inputs, bias], { scale: scaleOf(spec) }, { outputs: 2 });
    return fromHeads(g, mixed, heads * headDim);
  });
}

export interface PlainCache {
  /** [batch, heads, past, dim] */
  readonly key: Value;
  readonly value: Value;
}

/**
 * Causal attention over the cache and the new tokens.
 * @param positions of the new tokens, int64 [batch, length]
 * @returns the mix [batch, length, heads*dim] and the grown cache [batch, heads, total, dim]
 */
export function attendWithBias(
  g: GraphBuilder,
  q: Value,
  k: Value,
  v: Value,
  cache: PlainCache,
  positions: Value,
  weight: Value,
  spec: AttentionSpec,
  bias: RelativeBias,
): { readonly mixed: Value; readonly key: Value; readonly value: Value } {
  const { heads, headDim } = spec;
  const grow = (past: Value, x: Value) =>
    g.op(
      'Concat',
      [past, toHeads(g, x, heads, headDim)],
      { axis: 2 },
      { types: [{ dtype: x.dtype, shape: ['batch', heads, 'total', headDim] }] },
    );
  const key = grow(cache.key, k);
  const value = grow(cache.value, v);
  const total = g.squeeze(g.op('Shape', [key], { start: 2, end: 3 }), [0]);
  const range = [g.scalar(0, 'int64'), total, g.scalar(1, 'int64')];
  const places = g.op('Range', range, {}, { types: [{ dtype: 'int64', shape: ['total'] }] });
  const distance = g.sub(g.unsqueeze(places, [0, 1]), g.unsqueeze(positions, [2]));
  const later = g.op('Greater', [distance, g.scalar(0, 'int64')]);
  const mask = g.unsqueeze(g.where(later, g.scalar(MASKED), g.scalar(0)), [1, 2]);
  const added = g.add(mask, emitRelativeBias(g, distance, weight, bias, false));
  const inputs = [toHeads(g, q, heads, headDim), key, value, added];
  const [mixed] = g.apply('Attention', inputs, { scale: scaleOf(spec) }, { outputs: 2 });
  return { mixed: fromHeads(g, mixed, heads * headDim), key, value };
}
