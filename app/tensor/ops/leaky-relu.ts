/** Elementwise x where positive, alpha * x elsewhere. */
import { float } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const leakyRelu = defineOp('LeakyRelu', {
  attrs: { alpha: float(0.01) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const positive = g.op('Greater', [x, g.like(0, x)]);
    return [g.where(positive, dy, g.scale(dy, attrs.alpha))];
  },
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, (v) => (v > 0 ? v : attrs.alpha * v)),
});
