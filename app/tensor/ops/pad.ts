/** Puts values around a value: `pads` holds what goes before each axis, then what goes after; negative ones cut. */
import { string } from '../attributes.ts';
import { addDims } from '../dims.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
import { numbersOf } from './reductions.ts';

/** Amounts before and after each of all axes. */
function allPads(pads: readonly number[], axes: readonly number[] | undefined, rank: number): [number[], number[]] {
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  const count = pads.length / 2;
  for (let i = 0; i < count; i++) {
    const axis = axes ? (axes[i] < 0 ? axes[i] + rank : axes[i]) : i;
    before[axis] = pads[i];
    after[axis] = pads[i + count];
  }
  return [before, after];
}

export const pad = defineOp('Pad', {
  attrs: { mode: string<string>('constant') },
  shape: ({ inputs: [x, amounts, , axes], constant }) => {
    const pads = numbersOf(constant(1));
    if (!pads || (axes && !constant(3))) {
      return [{ dtype: x.dtype, shape: x.shape.map((_, i) => opaqueDim('pad', [x, amounts, axes], i)) }];
    }
    const [before, after] = allPads(pads, numbersOf(constant(3)), x.shape.length);
    return [{ dtype: x.dtype, shape: x.shape.map((d, i) => addDims(d, before[i] + after[i])) }];
  },
  grad: ({ g, attrs, inputs: [x, , , axes], dys: [dy], constant }) => {
    const pads = numbersOf(constant(1));
    if (!pads || (axes && !constant(3))) throw new Error('no gradient for padding by amounts that are not constant');
    if (attrs.mode !== 'constant') throw new Error(`no gradient for padding by ${attrs.mode}`);
    const [before, after] = allPads(pads, numbersOf(constant(3)), x.shape.length);
    return [g.op('Pad', [dy, g.int64s([...before, ...after].map((n) => -n))], {}, { types: [x] })];
  },
  evaluate: ({ inputs: [x, amounts, value, axes], attrs }) => {
    const [before, after] = allPads(Array.from(amounts.data), axes && Array.from(axes.data), x.shape.length);
    const source = place(attrs.mode);
    const out = doubles(
      x.dtype,
      x.shape.map((d, i) => d + before[i] + after[i]),
    );
    const strides = stridesOf(x.shape);
    eachIndex(out.shape, (index, flat) => {
      const at = index.map((k, i) => source(k - before[i], x.shape[i]));
      const inside = at.every((k, i) => k >= 0 && k < x.shape[i]);
      out.data[flat] = inside ? x.data[at.reduce((o, k, i) => o + strides[i] * k, 0)] : (value?.data[0] ?? 0);
    });
    return [out];
  },
});

/** Where an element comes from: its place in x, perhaps outside. */
function place(mode: string): (k: number, length: number) => number {
  switch (mode) {
    case 'constant':
      return (k) => k;
    case 'edge':
      return (k, length) => Math.min(Math.max(k, 0), length - 1);
    case 'reflect':
      return (k, length) => (k < 0 ? -k : k >= length ? 2 * (length - 1) - k : k);
    case 'wrap':
      return (k, length) => ((k % length) + length) % length;
    default:
      throw new Error(`padding by ${mode} is not known`);
  }
}
