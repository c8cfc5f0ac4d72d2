/**
 * Kullback-Leibler divergence of each row from teacher probabilities: sum p * (log p - log softmax(logits)), over the last
 * axis. Inputs: logits [M, V], teacher probabilities [M, V]. The teacher gets no gradient, even where it depends on what is
 * trained: an exit learns from the last layer, not the last layer from its exits.
 */
import { defineOp, LATHE } from '../op.ts';
import { doubles } from './evaluate.ts';
import { logSoftmax } from './log-softmax.ts';

export const klDivergence = defineOp('KlDivergence', {
  domain: LATHE,
  shape: ({ inputs: [logits] }) => [{ dtype: logits.dtype, shape: logits.shape.slice(0, -1) }],
  lower: ({ g, inputs: [logits, teacher] }) => {
    const student = g.op('LogSoftmax', [logits]);
    // p log p is 0 where p is 0.
    const safe = g.log(g.op('Max', [teacher, g.like(1e-30, teacher)]));
    return [g.reduceSum(g.mul(teacher, g.sub(safe, student)), [-1], false)];
  },
  grad: ({ g, inputs: [logits, teacher], dys: [dy] }) => {
    const mass = g.reduceSum(teacher, [-1]);
    const difference = g.sub(g.mul(g.softmax(logits), mass), teacher);
    return [g.mul(difference, g.unsqueeze(dy, [-1]))];
  },
  evaluate: ({ inputs: [logits, teacher] }) => {
    const [student] = logSoftmax.evaluate!({ inputs: [logits], attrs: { axis: -1 }, outputs: 1 });
    const width = logits.shape.at(-1)!;
    const out = doubles(logits.dtype, logits.shape.slice(0, -1));
    teacher.data.forEach((p, i) => {
      if (p > 0) out.data[Math.floor(i / width)] += p * (Math.log(p) - student.data[i]);
    });
    return [out];
  },
});
