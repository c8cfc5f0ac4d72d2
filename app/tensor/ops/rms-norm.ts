/**
 * RMS norm (Zhang & Sennrich 2019) over the last axis: y = x * inv * weight with inv = 1 / sqrt(mean(x^2) + epsilon).
 * Outputs y and inv.
 */
import { float } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';
import { type Doubles, defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';
import { inverseGradient, sumToVector } from './norms.ts';

export function rootMeanSquare(x: Doubles, weight: Doubles, epsilon: number): Doubles[] {
  const width = x.shape.at(-1)!;
  const y = doubles(x.dtype, x.shape);
  const inverse = doubles(x.dtype, [...x.shape.slice(0, -1), 1]);
  for (let r = 0; r < inverse.data.length; r++) {
    const row = x.data.subarray(r * width, (r + 1) * width);
    const inv = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / width + epsilon);
    inverse.data[r] = inv;
    for (let i = 0; i < width; i++) y.data[r * width + i] = row[i] * inv * weight.data[i];
  }
  return [y, inverse];
}

export function rmsGradients(
  g: GraphBuilder,
  x: Value,
  weight: Value,
  inverse: Value,
  dy: Value | undefined,
  dInverse: Value | undefined,
  needs: readonly boolean[],
): (Value | undefined)[] {
  const side = dInverse && needs[0] ? inverseGradient(g, x, inverse, dInverse) : undefined;
  if (!dy) return [side, undefined];
  const normed = g.mul(x, inverse);
  const scaled = g.mul(dy, weight);
  const main = () => {
    const mean = g.reduceMean(g.mul(scaled, normed), [-1]);
    return g.mul(g.sub(scaled, g.mul(normed, mean)), inverse);
  };
  return [
    needs[0] ? (side ? g.add(main(), side) : main()) : undefined,
    needs[1] ? sumToVector(g, g.mul(dy, normed)) : undefined,
  ];
}

export const rmsNorm = defineOp('RmsNorm', {
  domain: LATHE,
  attrs: { epsilon: float(1e-6) },
  shape: ({ inputs: [x] }) => [x, { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] }],
  grad: ({ g, inputs: [x, weight], outputs: [, inverse], dys: [dy, dInverse], needs }) =>
    rmsGradients(g, x, weight, inverse, dy, dInverse, needs),
  rematerialise: ({ g, inputs: [x, weight], outputs: [, inverse] }) => [g.mul(g.mul(x, inverse), weight), undefined],
  lower: ({ g, attrs, inputs: [x, weight], device }) => {
    // On WebGPU the fused operator's second output is wrong (measured), so other devices get the plain steps.
    if (device === 'cpu') {
      const attributes = { axis: -1, epsilon: attrs.epsilon };
      return g.apply('SimplifiedLayerNormalization', [x, weight], attributes, { outputs: 2 });
    }
    const mean = g.reduceMean(g.mul(x, x), [-1]);
    const inverse = g.reciprocal(g.sqrt(g.add(mean, g.like(attrs.epsilon, x))));
    return [g.mul(g.mul(x, inverse), weight), inverse];
  },
  evaluate: ({ inputs: [x, weight], attrs }) => rootMeanSquare(x, weight, attrs.epsilon),
});
