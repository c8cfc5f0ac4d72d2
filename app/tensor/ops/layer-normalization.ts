/** Layer norm (Ba et al. 2016) over the last axis; further outputs: the mean and the inverse standard deviation. */
import { float, int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Shape } from '../dims.ts';
import type { Value } from '../graph.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { inverseGradient, sumToVector, widthOf } from './norms.ts';

const lastOf = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

/** What is left of a gradient after taking out its mean and its part along the normed value. */
function normGradient(g: GraphBuilder, scaled: Value, normed: Value, deviation: Value): Value {
  const flat = g.sub(scaled, g.reduceMean(scaled, [-1]));
  return g.mul(g.sub(flat, g.mul(normed, g.reduceMean(g.mul(scaled, normed), [-1]))), deviation);
}

export const layerNormalization = defineOp('LayerNormalization', {
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: ({ inputs: [x], attrs }) => {
    if (attrs.axis !== -1 && attrs.axis !== x.shape.length - 1) throw new Error('only the last axis is normalised');
    const statistics = { dtype: x.dtype, shape: lastOf(x.shape) };
    return [x, statistics, statistics];
  },
  grad: ({ g, attrs, inputs: [x, weight], outputs: [, mean, inverse], dys: [dy, dMean, dInverse], needs }) => {
    const centre = g.sub(x, mean ?? g.reduceMean(x, [-1]));
    const variance = () => g.add(g.reduceMean(g.mul(centre, centre), [-1]), g.like(attrs.epsilon, x));
    const deviation = inverse ?? g.reciprocal(g.sqrt(variance()));
    const terms: Value[] = [];
    if (dMean) terms.push(g.expand(g.scale(dMean, 1 / widthOf(x)), x.shape));
    if (dInverse) terms.push(inverseGradient(g, centre, deviation, dInverse));
    if (dy) terms.push(normGradient(g, g.mul(dy, weight), g.mul(centre, deviation), deviation));
    return [
      needs[0] ? terms.reduce((a, b) => g.add(a, b)) : undefined,
      needs[1] && dy ? sumToVector(g, g.mul(dy, g.mul(centre, deviation))) : undefined,
      needs[2] && dy ? sumToVector(g, dy) : undefined,
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
