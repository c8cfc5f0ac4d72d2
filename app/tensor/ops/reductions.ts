/** What the reductions share: which axes, the shape that is left, the reference loop, the way back for gradients. */
import { int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Shape } from '../dims.ts';
import type { TensorType, Value } from '../graph.ts';
import type { Doubles, ShapeContext } from '../op.ts';
import type { Tensor } from '../tensor.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';

export const reductionAttributes = { keepdims: int(1), noop_with_empty_axes: int(0) } as const;

interface Attributes {
  readonly keepdims: number;
  readonly noop_with_empty_axes: number;
}

/** Reduced axes, counted from the front. */
export function reducedAxes(rank: number, axes: readonly number[] | undefined, attrs: Attributes): number[] {
  if (!axes || axes.length === 0) {
    return attrs.noop_with_empty_axes === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  }
  return axes.map((a) => (a < 0 ? a + rank : a));
}

export const numbersOf = (tensor: Tensor | undefined): number[] | undefined =>
  tensor && Array.from(tensor.data as BigInt64Array, Number);

function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  return shape.flatMap((d, i) => (axes.includes(i) ? (keepdims ? [1] : []) : [d]));
}

export function reductionType({ inputs: [x, axes], attrs, constant }: ShapeContext<Attributes>): TensorType[] {
  if (axes && !constant(1)) throw new Error('the reduced axes are not constant');
  const reduced = reducedAxes(x.shape.length, numbersOf(constant(1)), attrs);
  return [{ dtype: x.dtype, shape: reducedShape(x.shape, reduced, attrs.keepdims === 1) }];
}

/** The reduced value with its axes of length 1 back, so that it broadcasts against x. */
export function restoreAxes(g: GraphBuilder, y: Value, axes: readonly number[], keepdims: boolean): Value {
  return keepdims || axes.length === 0 ? y : g.unsqueeze(y, axes);
}

export function reduce(
  [x, axes]: readonly Doubles[],
  attrs: Attributes,
  initial: number,
  step: (sum: number, value: number) => number,
  finish: (sum: number, count: number) => number = (sum) => sum,
): Doubles[] {
  const reduced = reducedAxes(x.shape.length, axes && Array.from(axes.data), attrs);
  const kept = reducedShape(x.shape, reduced, true) as number[];
  const out = doubles(x.dtype, kept);
  out.data.fill(initial);
  const strides = stridesOf(kept);
  eachIndex(x.shape, (index, flat) => {
    const at = index.reduce((offset, k, i) => (reduced.includes(i) ? offset : offset + strides[i] * k), 0);
    out.data[at] = step(out.data[at], x.data[flat]);
  });
  const count = x.data.length / out.data.length;
  const shape = reducedShape(x.shape, reduced, attrs.keepdims === 1) as number[];
  return [
    doubles(
      x.dtype,
      shape,
      out.data.map((v) => finish(v, count)),
    ),
  ];
}
