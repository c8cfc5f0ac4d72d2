/**
 * Negative log-probability of each row's target under the logits x weightᵀ: x [M, K], weight [V, K], targets int64 [M] ->
 * losses [M], and for the gradient exp(logits - their maximum) [M, V] and its sums [M, 1]. That is the only array of the
 * vocabulary's width that ever exists, and the gradient only multiplies it: scaling goes to the narrow sides.
 */
import { defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';

export const linearCrossEntropy = defineOp('LinearCrossEntropy', {
  domain: LATHE,
  shape: ({ inputs: [x, weight] }) => [
    { dtype: x.dtype, shape: [x.shape[0]] },
    { dtype: x.dtype, shape: [x.shape[0], weight.shape[0]] },
    { dtype: x.dtype, shape: [x.shape[0], 1] },
  ],
  lower: ({ g, inputs: [x, weight, targets] }) => {
    const target = g.reduceSum(g.mul(x, g.gather(weight, targets)), [-1]);
    const logits = g.matmul(x, weight, { transY: true });
    const max = g.reduceMax(logits, [-1]);
    const exponentials = g.exp(g.sub(logits, max));
    const sums = g.reduceSum(exponentials, [-1]);
    return [g.squeeze(g.sub(g.add(g.log(sums), max), target), [1]), exponentials, sums];
  },
  grad: ({ g, inputs: [x, weight, targets], outputs: [, exponentials, sums], dys, needs, scatter }) => {
    if (dys[1] || dys[2]) throw new Error('only the losses of LinearCrossEntropy can be differentiated');
    const rows = g.unsqueeze(dys[0], [1]);
    const factor = g.div(rows, sums);
    const dx = () => g.sub(g.mul(g.matmul(exponentials, weight), factor), g.mul(g.gather(weight, targets), rows));
    const dWeight = () => {
      const dense = g.matmul(exponentials, g.mul(x, factor), { transX: true });
      const atTargets = g.neg(g.mul(x, rows));
      if (scatter(1, targets, atTargets)) return dense;
      return g.op('ScatterND', [dense, g.unsqueeze(targets, [1]), atTargets], { reduction: 'add' });
    };
    return [needs[0] ? dx() : undefined, needs[1] ? dWeight() : undefined];
  },
  evaluate: ({ inputs: [x, weight, targets] }) => {
    const [rows, width] = x.shape;
    const [vocabulary] = weight.shape;
    const losses = doubles(x.dtype, [rows]);
    const exponentials = doubles(x.dtype, [rows, vocabulary]);
    const sums = doubles(x.dtype, [rows, 1]);
    for (let r = 0; r < rows; r++) {
      const logits = Array.from({ length: vocabulary }, (_, v) => {
        let dot = 0;
        for (let k = 0; k < width; k++) dot += x.data[r * width + k] * weight.data[v * width + k];
        return dot;
      });
      const max = Math.max(...logits);
      logits.forEach((logit, v) => {
        exponentials.data[r * vocabulary + v] = Math.exp(logit - max);
        sums.data[r] += exponentials.data[r * vocabulary + v];
      });
      losses.data[r] = Math.log(sums.data[r]) + max - logits[targets.data[r]];
    }
    return [losses, exponentials, sums];
  },
});
