/** A value of the given sizes, filled with one number (float32 0 by default). */
import { optionalTensor } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
import { numbersOf } from './reductions.ts';

export const constantOfShape = defineOp('ConstantOfShape', {
  attrs: { value: optionalTensor() },
  shape: ({ inputs: [sizes], attrs, constant }) => {
    const rank = sizes.shape[0];
    if (typeof rank !== 'number') throw new Error('the rank of the filled value is not known');
    const known: readonly Dim[] | undefined = numbersOf(constant(0));
    const shape = known ?? Array.from({ length: rank }, (_, i) => opaqueDim('filled', [sizes], i));
    return [{ dtype: attrs.value?.dtype ?? 'float32', shape }];
  },
  evaluate: ({ inputs: [sizes], attrs }) => {
    const { value } = attrs;
    if (value && /16|int4/.test(value.dtype)) throw new Error(`the reference does not fill with ${value.dtype}`);
    const out = doubles(value?.dtype ?? 'float32', Array.from(sizes.data));
    out.data.fill(Number(value?.data[0] ?? 0));
    return [out];
  },
});
