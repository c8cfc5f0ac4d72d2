/** Elementwise x * clip(x / 6 + 1/2, 0, 1) (Howard et al. 2019). */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const hardSwish = defineOp('HardSwish', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => {
    const gate = g.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
    const slope = g.op('Sign', [g.mul(gate, g.sub(g.like(1, x), gate))]);
    return [g.mul(dy, g.add(gate, g.mul(g.scale(x, 1 / 6), slope)))];
  },
  evaluate: ({ inputs: [x] }) => mapUnary(x, (v) => v * Math.min(Math.max(v / 6 + 0.5, 0), 1)),
});
