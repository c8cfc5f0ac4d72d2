/** Layer norm (Ba et al. 2016) over the last axis; further outputs: the mean and the inverse standard deviation. */
import { float, int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Shape } from '../dims.ts';
import type { Value } from '../graph.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';

const lastOf = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

/** Sums a gradient over everything but the last axis. */
export function sumToVector(g: GraphBuilder, dy: Value): Value {
  const axes = dy.shape.slice(0, -1).map((_, i) => i);
  return axes.length === 0 ? dy : g.reduceSum(dy, axes, false);
}

export const layerNormalization = defineOp('LayerNormalization', {
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: ({ inputs: [x], attrs }) => {
    if (attrs.axis !== -1 && attrs.axis !== x.shape.length - 1) throw new Error('only the last axis is normalised');
    const statistics = { dtype: x.dtype, shape: lastOf(x.shape) };
    return [x, statistics, statistics];
  },
  grad: ({ g, inputs: [x, weight], outputs: [, mean, inverse], dys: [dy], needs }) => {
    if (!mean || !inverse) throw new Error('the gradient needs the mean and inverse deviation outputs');
    const normed = g.mul(g.sub(x, mean), inverse);
    const scaled = g.mul(dy, weight);
    const centred = g.sub(
      g.sub(scaled, g.reduceMean(scaled, [-1])),
      g.mul(normed, g.reduceMean(g.mul(scaled, normed), [-1])),
    );
    return [
      needs[0] ? g.mul(centred, inverse) : undefined,
      needs[1] ? sumToVector(g, g.mul(dy, normed)) : undefined,
      needs[2] ? sumToVector(g, dy) : undefined,
    ];
  },
  evaluate: ({ inputs: [x, weight, bias], attrs }) => {
    const width = x.shape.at(-1)!;
    const rows = x.data.length / width;
    const y = doubles(x.dtype, x.shape);
    const mean = doubles(x.dtype, lastOf(x.shape) as number[]);
    const inverse = doubles(x.dtype, lastOf(x.shape) as number[]);
    for (let r = 0; r < rows; r++) {
      const row = x.data.subarray(r * width, (r + 1) * width);
      const m = row.reduce((sum, v) => sum + v, 0) / width;
      const variance = row.reduce((sum, v) => sum + (v - m) ** 2, 0) / width;
      mean.data[r] = m;
      inverse.data[r] = 1 / Math.sqrt(variance + attrs.epsilon);
      for (let i = 0; i < width; i++) {
        y.data[r * width + i] = (row[i] - m) * inverse.data[r] * weight.data[i] + (bias?.data[i] ?? 0);
      }
    }
    return [y, mean, inverse];
  },
});
