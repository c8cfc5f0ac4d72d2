/** Elementwise limit to [low, high]; outside, the gradient is 0. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const clip = defineOp('Clip', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x, low, high], dys: [dy] }) => {
    let inside = g.op('GreaterOrEqual', [x, low ?? g.like(Number.NEGATIVE_INFINITY, x)]);
    if (high) inside = g.op('And', [inside, g.op('LessOrEqual', [x, high])]);
    return [g.where(inside, dy, g.like(0, dy))];
  },
  evaluate: ({ inputs: [x, low, high] }) => {
    const [a, b] = [low?.data[0] ?? Number.NEGATIVE_INFINITY, high?.data[0] ?? Number.POSITIVE_INFINITY];
    return mapUnary(x, (v) => Math.min(Math.max(v, a), b));
  },
});
