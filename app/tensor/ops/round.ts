/** Elementwise rounding to the nearest integer, ties to even. Flat, so its gradient is zero. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export function roundHalfEven(v: number): number {
  const low = Math.floor(v);
  const rest = v - low;
  if (rest !== 0.5) return Math.round(v);
  return low % 2 === 0 ? low : low + 1;
}

export const round = defineOp('Round', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x] }) => [g.zerosLike(x)],
  evaluate: ({ inputs: [x] }) => mapUnary(x, roundHalfEven),
});
