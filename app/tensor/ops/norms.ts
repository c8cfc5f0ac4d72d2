/** What the gradients of the norms over the last axis share. */
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';

/** Sums a gradient over everything but the last axis. */
export function sumToVector(g: GraphBuilder, dy: Value): Value {
  const axes = dy.shape.slice(0, -1).map((_, i) => i);
  return axes.length === 0 ? dy : g.reduceSum(dy, axes, false);
}

/** Of 1 / sqrt(mean(x^2) + epsilon) over the last axis, by x: -inverse^3 * x / width. */
export function inverseGradient(g: GraphBuilder, x: Value, inverse: Value, dInverse: Value): Value {
  const cube = g.mul(inverse, g.mul(inverse, inverse));
  return g.mul(x, g.scale(g.mul(dInverse, cube), -1 / widthOf(x)));
}

export function widthOf(x: Value): number {
  const width = x.shape.at(-1);
  if (typeof width !== 'number') throw new Error('the width of a normalised axis must be known');
  return width;
}
