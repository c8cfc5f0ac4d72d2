/** AdamW as graph nodes, for devices where the parameters live out of the kernels' reach. */
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';

export interface AdamWInputs {
  /** lr/(1-b1^t), 1/sqrt(1-b2^t) and 1 - lr*weightDecay, each float32 [1], fed anew each step. */
  readonly rate: Value;
  readonly correction: Value;
  readonly decay: Value;
}

export interface Moments {
  readonly weight: Value;
  readonly first: Value;
  readonly second: Value;
}

/** New weight and moments of one parameter (Loshchilov & Hutter 2019, Alg. 2); all shaped as the weight. */
export function emitAdamW(
  g: GraphBuilder,
  { weight, first, second }: Moments,
  gradient: Value,
  inputs: AdamWInputs,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {},
): Moments {
  const m = g.add(g.scale(first, beta1), g.scale(gradient, 1 - beta1));
  const v = g.add(g.scale(second, beta2), g.scale(g.mul(gradient, gradient), 1 - beta2));
  const denominator = g.add(g.mul(g.sqrt(v), inputs.correction), g.like(epsilon, v));
  const update = g.mul(g.div(m, denominator), inputs.rate);
  return { weight: g.sub(g.mul(weight, inputs.decay), update), first: m, second: v };
}

/** Factor that clips the gradients to a global norm, float32 [1]. */
export function emitClipFactor(g: GraphBuilder, gradients: readonly Value[], limit: number): Value {
  const squares = gradients.map((dy) => {
    const axes = dy.shape.map((_, i) => i);
    return g.reshape(g.reduceSum(g.mul(dy, dy), axes, false), [1]);
  });
  const norm = g.sqrt(squares.reduce((a, b) => g.add(a, b)));
  const factor = g.div(g.scalar(limit), g.add(norm, g.scalar(1e-6)));
  return g.op('Min', [factor, g.scalar(1)]);
}
