/**
 * Negative log-probability of the target of each row: logits [M, V], targets int64 [M] -> losses [M] and the log of the
 * normaliser [M, 1].
 */
import { defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';

export const crossEntropy = defineOp('CrossEntropy', {
  domain: LATHE,
  shape: ({ inputs: [logits] }) => [
    { dtype: logits.dtype, shape: [logits.shape[0]] },
    { dtype: logits.dtype, shape: [logits.shape[0], 1] },
  ],
  lower: ({ g, inputs: [logits, targets] }) => {
    const max = g.reduceMax(logits, [-1]);
    const sum = g.reduceSum(g.exp(g.sub(logits, max)), [-1]);
    const normaliser = g.add(g.log(sum), max);
    const target = g.op('GatherElements', [logits, g.unsqueeze(targets, [1])], { axis: 1 });
    return [g.squeeze(g.sub(normaliser, target), [1]), normaliser];
  },
  // softmax - onehot, without ever making the one-hot matrix.
  grad: ({ g, inputs: [logits, targets], outputs: [, normaliser], dys: [dy, dNormaliser] }) => {
    const softmax = g.exp(g.sub(logits, normaliser));
    if (!dy) return [g.mul(softmax, dNormaliser)];
    const rows = g.unsqueeze(dy, [1]);
    const probabilities = g.mul(softmax, dNormaliser ? g.add(rows, dNormaliser) : rows);
    const indices = g.unsqueeze(targets, [1]);
    return [g.op('ScatterElements', [probabilities, indices, g.neg(rows)], { axis: 1, reduction: 'add' })];
  },
  evaluate: ({ inputs: [logits, targets] }) => {
    const [rows, width] = logits.shape;
    const losses = doubles(logits.dtype, [rows]);
    const normaliser = doubles(logits.dtype, [rows, 1]);
    for (let r = 0; r < rows; r++) {
      const row = logits.data.subarray(r * width, (r + 1) * width);
      const max = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      normaliser.data[r] = max + Math.log(row.reduce((sum, v) => sum + Math.exp(v - max), 0));
      losses.data[r] = normaliser.data[r] - row[targets.data[r]];
    }
    return [losses, normaliser];
  },
});
