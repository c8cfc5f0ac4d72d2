/** Gaussian error linear unit (Hendrycks & Gimpel 2016): exact, or by the tanh approximation. */
import { string } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { erfOf } from './erf.ts';
import { mapUnary } from './evaluate.ts';

const C = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

export const gelu = defineOp('Gelu', {
  attrs: { approximate: string<string>('none') },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const half = g.like(0.5, x);
    const square = g.mul(x, x);
    if (attrs.approximate === 'tanh') {
      const inner = g.mul(x, g.add(g.scale(square, C * CUBIC), g.like(C, x)));
      const t = g.tanh(inner);
      const slope = g.add(g.scale(square, 3 * C * CUBIC), g.like(C, x));
      const curve = g.mul(g.mul(x, g.sub(g.like(1, t), g.mul(t, t))), slope);
      return [g.mul(dy, g.mul(half, g.add(g.add(t, g.like(1, t)), curve)))];
    }
    const cdf = g.mul(half, g.add(g.op('Erf', [g.scale(x, Math.SQRT1_2)]), g.like(1, x)));
    const density = g.scale(g.exp(g.scale(square, -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [g.mul(dy, g.add(cdf, g.mul(x, density)))];
  },
  evaluate: ({ inputs: [x], attrs }) =>
    mapUnary(
      x,
      attrs.approximate === 'tanh'
        ? (v) => 0.5 * v * (1 + Math.tanh(C * (v + CUBIC * v ** 3)))
        : (v) => 0.5 * v * (1 + erfOf(v * Math.SQRT1_2)),
    ),
});
