/**
 * Log-probabilities of a few chosen classes of each row, and of all the others together: logits [M, V], ids int64 [M, K], each
 * a class once -> [M, K + 1], the rest last; and for the gradient exp(logits - their maximum) [M, V] and its sums [M, 1]. What a
 * cached teacher of K likeliest tokens is compared with: no probability is lost, as it would be by normalising the K anew.
 */
import { defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';

/** The others' share cannot be told from rounding below this. */
const LEAST = 1e-7;

export const shortlistLogSoftmax = defineOp('ShortlistLogSoftmax', {
  domain: LATHE,
  shape: ({ inputs: [logits, ids] }) => {
    const [rows, width] = logits.shape;
    const chosen = ids.shape[1];
    if (typeof chosen !== 'number') throw new Error('a shortlist has a fixed length');
    return [
      { dtype: logits.dtype, shape: [rows, chosen + 1] },
      { dtype: logits.dtype, shape: [rows, width] },
      { dtype: logits.dtype, shape: [rows, 1] },
    ];
  },
  lower: ({ g, inputs: [logits, ids] }) => {
    const max = g.reduceMax(logits, [-1]);
    const exponentials = g.exp(g.sub(logits, max));
    const sums = g.reduceSum(exponentials, [-1]);
    const normaliser = g.add(g.log(sums), max);
    const chosen = g.sub(g.op('GatherElements', [logits, ids], { axis: 1 }), normaliser);
    const others = g.sub(g.like(1, sums), g.reduceSum(g.exp(chosen), [-1]));
    const rest = g.log(g.op('Max', [others, g.like(LEAST, sums)]));
    return [g.concat([chosen, rest], 1), exponentials, sums];
  },
  // A class of its own gets dy - p * sum(dy); the others share what the rest gets by their part in it.
  grad: ({ g, inputs: [, ids], outputs: [y, exponentials, sums], dys }) => {
    if (dys[1] || dys[2]) throw new Error('only the log-probabilities of ShortlistLogSoftmax can be differentiated');
    const count = ids.shape[1] as number;
    const [chosen, rest] = g.split(y, [count, 1], 1);
    const [dChosen, dRest] = g.split(dys[0], [count, 1], 1);
    const total = g.reduceSum(dys[0], [-1]);
    const factor = g.div(g.sub(g.div(dRest, g.exp(rest)), total), sums);
    const own = g.sub(dChosen, g.mul(g.exp(chosen), total));
    return [g.op('ScatterElements', [g.mul(exponentials, factor), ids, own], { axis: 1 })];
  },
  evaluate: ({ inputs: [logits, ids] }) => {
    const [rows, width] = logits.shape;
    const count = ids.shape[1];
    const y = doubles(logits.dtype, [rows, count + 1]);
    const exponentials = doubles(logits.dtype, [rows, width]);
    const sums = doubles(logits.dtype, [rows, 1]);
    for (let r = 0; r < rows; r++) {
      const row = logits.data.subarray(r * width, (r + 1) * width);
      const max = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      row.forEach((v, i) => {
        exponentials.data[r * width + i] = Math.exp(v - max);
        sums.data[r] += Math.exp(v - max);
      });
      let others = 1;
      for (let k = 0; k < count; k++) {
        const p = exponentials.data[r * width + ids.data[r * count + k]] / sums.data[r];
        y.data[r * (count + 1) + k] = Math.log(p);
        others -= p;
      }
      y.data[r * (count + 1) + count] = Math.log(Math.max(others, LEAST));
    }
    return [y, exponentials, sums];
  },
});
