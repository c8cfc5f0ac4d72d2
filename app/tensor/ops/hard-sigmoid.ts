/** Elementwise alpha * x + beta, limited to [0, 1]. */
import { float } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const hardSigmoid = defineOp('HardSigmoid', {
  attrs: { alpha: float(0.2), beta: float(0.5) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const line = g.add(g.scale(x, attrs.alpha), g.like(attrs.beta, x));
    const bent = g.op('And', [g.op('Greater', [line, g.like(0, x)]), g.op('Less', [line, g.like(1, x)])]);
    return [g.where(bent, g.scale(dy, attrs.alpha), g.like(0, dy))];
  },
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, (v) => Math.min(Math.max(attrs.alpha * v + attrs.beta, 0), 1)),
});
