/** Elementwise x where positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2016). */
import { float } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const elu = defineOp('Elu', {
  attrs: { alpha: float(1) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const positive = g.op('Greater', [x, g.like(0, x)]);
    const below = g.mul(dy, g.scale(g.exp(x), attrs.alpha));
    return [g.where(positive, dy, below)];
  },
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, (v) => (v > 0 ? v : attrs.alpha * Math.expm1(v))),
});
