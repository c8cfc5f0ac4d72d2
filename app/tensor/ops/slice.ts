/** Every step-th element from `start` to before `end`, along the given axes. */
import { type Dim, subtractDims } from '../dims.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { numbersOf } from './reductions.ts';

interface Cut {
  readonly begin: number;
  readonly step: number;
  readonly count: number;
}

/** Which elements of an axis are taken (ONNX's clamping rules). */
function cut(length: number, start: number, end: number, step: number): Cut {
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + length : v, low), high);
  const begin = step > 0 ? clamp(start, 0, length) : clamp(start, 0, length - 1);
  const stop = step > 0 ? clamp(end, 0, length) : clamp(end, -1, length - 1);
  return { begin, step, count: Math.max(0, Math.ceil((stop - begin) / step)) };
}

/** A symbolic axis: we know its new length where the bounds count from known ends. */
function symbolicCount(length: Dim, start: number, end: number, step: number): Dim {
  if (step !== 1) throw new Error('a stepped slice of a symbolic axis is not known');
  if (start >= 0 && end >= 2 ** 31 - 1) return subtractDims(length, start);
  if (start < 0 && end >= 2 ** 31 - 1) return -start;
  if (start >= 0 && end < 0) return subtractDims(length, start - end);
  return end - start;
}

export const slice = defineOp('Slice', {
  shape: ({ inputs: [x, , , axesInput, stepsInput], constant }) => {
    const [starts, ends] = [numbersOf(constant(1)), numbersOf(constant(2))];
    if (!starts || !ends || (axesInput && !constant(3)) || (stepsInput && !constant(4))) {
      return [{ dtype: x.dtype, shape: x.shape.map((_, i) => `${x.name}.slice.${i}`) }];
    }
    const axes = (numbersOf(constant(3)) ?? starts.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));
    const steps = numbersOf(constant(4)) ?? starts.map(() => 1);
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      const length = shape[axis];
      shape[axis] =
        typeof length === 'number'
          ? cut(length, starts[i], ends[i], steps[i]).count
          : symbolicCount(length, starts[i], ends[i], steps[i]);
    });
    return [{ dtype: x.dtype, shape }];
  },
  // Put the gradient back between zeros.
  grad: ({ g, inputs: [x], dys: [dy], constant }) => {
    const [starts, ends] = [numbersOf(constant(1)), numbersOf(constant(2))];
    const steps = numbersOf(constant(4));
    if (!starts || !ends || steps?.some((s) => s !== 1)) throw new Error('no gradient for this slice');
    const axes = (numbersOf(constant(3)) ?? starts.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));
    const pads = new Array<number>(2 * x.shape.length).fill(0);
    axes.forEach((axis, i) => {
      const length = x.shape[axis];
      if (typeof length !== 'number') throw new Error('no gradient for a slice of a symbolic axis');
      const { begin, count } = cut(length, starts[i], ends[i], 1);
      pads[axis] = begin;
      pads[axis + x.shape.length] = length - begin - count;
    });
    return [g.op('Pad', [dy, g.int64s(pads)])];
  },
  evaluate: ({ inputs: [x, starts, ends, axesInput, steps] }) => {
    const axes = axesInput ? Array.from(axesInput.data) : Array.from(starts.data, (_, i) => i);
    const cuts: Cut[] = x.shape.map((length) => ({ begin: 0, step: 1, count: length }));
    axes.forEach((a, i) => {
      const axis = a < 0 ? a + x.shape.length : a;
      cuts[axis] = cut(x.shape[axis], starts.data[i], ends.data[i], steps?.data[i] ?? 1);
    });
    const out = doubles(
      x.dtype,
      cuts.map((c) => c.count),
    );
    const strides = stridesOf(x.shape);
    eachIndex(out.shape, (index, flat) => {
      out.data[flat] = x.data[index.reduce((o, k, i) => o + strides[i] * (cuts[i].begin + k * cuts[i].step), 0)];
    });
    return [out];
  },
});
