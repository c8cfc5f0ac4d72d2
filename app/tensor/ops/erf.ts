/** Elementwise error function. */
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

/** To double precision: the Taylor series near 0 and a continued fraction beyond (Abramowitz & Stegun 7.1.6, 7.1.14). */
export function erfOf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum);
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / ((z + fraction) * Math.sqrt(Math.PI)));
}

export const erf = defineOp('Erf', {
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, inputs: [x], dys: [dy] }) => {
    const slope = g.scale(g.exp(g.neg(g.mul(x, x))), 2 / Math.sqrt(Math.PI));
    return [g.mul(dy, slope)];
  },
  evaluate: ({ inputs: [x] }) => mapUnary(x, erfOf),
});
