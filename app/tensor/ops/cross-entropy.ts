/**
 * Negative log-probability of the target of each row: logits [M, V], targets int64 [M] -> losses [M] and the log of the
 * normaliser [M, 1].
 */
import { defineOp, LATHE } from '../op.ts';

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
  grad: ({ g, inputs: [logits, targets], outputs: [, normaliser], dys: [dy] }) => {
    const rows = g.unsqueeze(dy, [1]);
    const probabilities = g.mul(g.exp(g.sub(logits, normaliser)), rows);
    const indices = g.unsqueeze(targets, [1]);
    return [g.op('ScatterElements', [probabilities, indices, g.neg(rows)], { axis: 1, reduction: 'add' })];
  },
});
