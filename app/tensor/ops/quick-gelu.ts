/** x * sigmoid(alpha * x), an operator of ONNX Runtime; with alpha 1 it is SiLU. */
import { float } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const quickGelu = defineOp('QuickGelu', {
  domain: MICROSOFT,
  attrs: { alpha: float(1.702) },
  shape: ({ inputs: [x] }) => [x],
  // s + alpha*x*s*(1 - s)
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const s = g.sigmoid(g.scale(x, attrs.alpha));
    const bend = g.mul(g.scale(x, attrs.alpha), g.sub(s, g.mul(s, s)));
    return [g.mul(dy, g.add(s, bend))];
  },
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, (v) => v / (1 + Math.exp(-attrs.alpha * v))),
});
