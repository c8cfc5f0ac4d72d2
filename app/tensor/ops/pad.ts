/** Puts a constant around a value: `pads` holds what goes before each axis, then what goes after. */
import { string } from '../attributes.ts';
import { addDims } from '../dims.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { numbersOf } from './reductions.ts';

export const pad = defineOp('Pad', {
  attrs: { mode: string<string>('constant') },
  shape: ({ inputs: [x], constant }) => {
    const pads = numbersOf(constant(1));
    if (!pads || pads.length !== 2 * x.shape.length) throw new Error('the padding is not constant over all axes');
    const shape = x.shape.map((d, i) => addDims(d, pads[i] + pads[i + x.shape.length]));
    return [{ dtype: x.dtype, shape }];
  },
  grad: ({ g, attrs, inputs: [x], dys: [dy], constant }) => {
    const pads = numbersOf(constant(1));
    if (!pads || attrs.mode !== 'constant') throw new Error(`no gradient for padding by ${attrs.mode}`);
    const rank = x.shape.length;
    const axes = x.shape.map((_, i) => i);
    // Negative ends count from the back, so that symbolic axes work too; 0 means to the very end.
    const ends = axes.map((i) => (pads[i + rank] === 0 ? 2 ** 31 - 1 : -pads[i + rank]));
    const inputs = [dy, g.int64s(axes.map((i) => pads[i])), g.int64s(ends), g.int64s(axes)];
    return [g.op('Slice', inputs, {}, { types: [x] })];
  },
  evaluate: ({ inputs: [x, pads, value], attrs }) => {
    if (attrs.mode !== 'constant') throw new Error(`the reference does not pad by ${attrs.mode}`);
    const rank = x.shape.length;
    const out = doubles(
      x.dtype,
      x.shape.map((d, i) => d + pads.data[i] + pads.data[i + rank]),
    );
    out.data.fill(value?.data[0] ?? 0);
    const strides = stridesOf(out.shape);
    eachIndex(x.shape, (index, flat) => {
      out.data[index.reduce((o, k, i) => o + strides[i] * (k + pads.data[i]), 0)] = x.data[flat];
    });
    return [out];
  },
});
