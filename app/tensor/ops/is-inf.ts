/** Elementwise: is it infinite, as booleans; either sign can be left out. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

export const isInf = defineOp('IsInf', {
  attrs: { detect_negative: int(1), detect_positive: int(1) },
  shape: ({ inputs: [x] }) => [{ dtype: 'bool', shape: x.shape }],
  evaluate: ({ inputs: [x], attrs }) => {
    const wanted = (v: number) => (v > 0 ? attrs.detect_positive === 1 : attrs.detect_negative === 1);
    return mapUnary(x, (v) => Number(Math.abs(v) === Number.POSITIVE_INFINITY && wanted(v)), 'bool');
  },
});
