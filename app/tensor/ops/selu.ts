/** Elementwise scaled ELU (Klambauer et al. 2017). */
import { float } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const selu = defineOp('Selu', {
  attrs: { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const positive = g.op('Greater', [x, g.like(0, x)]);
    const below = g.mul(dy, g.scale(g.exp(x), attrs.alpha * attrs.gamma));
    return [g.where(positive, g.scale(dy, attrs.gamma), below)];
  },
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, (v) => attrs.gamma * (v > 0 ? v : attrs.alpha * Math.expm1(v))),
});
