/** Every step-th element from `start` to before `end`, along the given axes. */

import type { GraphBuilder } from '../builder.ts';
import { addDims, type Dim, subtractDims } from '../dims.ts';
import type { Value } from '../graph.ts';
import { defineOp } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { opaqueDim } from './opaque.ts';
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

/** Bounds from here on mean the end, whatever the length. */
const END = 2 ** 31 - 1;

/** Where a slice of a symbolic axis begins and stops, taking it to be long enough for its bounds. */
function symbolicBounds(length: Dim, start: number, end: number): [Dim, Dim] {
  return [start < 0 ? addDims(length, start) : start, end >= END ? length : end < 0 ? addDims(length, end) : end];
}

function symbolicCount(length: Dim, start: number, end: number): Dim {
  const [begin, stop] = symbolicBounds(length, start, end);
  return subtractDims(stop, begin);
}

export const slice = defineOp('Slice', {
  shape: ({ inputs, constant }) => {
    const [x, , , axesInput, stepsInput] = inputs;
    const [starts, ends] = [numbersOf(constant(1)), numbersOf(constant(2))];
    if (!starts || !ends || (axesInput && !constant(3)) || (stepsInput && !constant(4))) {
      return [{ dtype: x.dtype, shape: x.shape.map((_, i) => opaqueDim('slice', inputs, i)) }];
    }
    const axes = (numbersOf(constant(3)) ?? starts.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));
    const steps = numbersOf(constant(4)) ?? starts.map(() => 1);
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      const length = shape[axis];
      shape[axis] =
        typeof length === 'number'
          ? cut(length, starts[i], ends[i], steps[i]).count
          : steps[i] === 1
            ? symbolicCount(length, starts[i], ends[i])
            : opaqueDim('slice', inputs, axis);
    });
    return [{ dtype: x.dtype, shape }];
  },
  // Put the gradient back between zeros.
  grad: ({ g, inputs: [x], dys: [dy], constant }) => {
    const [starts, ends] = [numbersOf(constant(1)), numbersOf(constant(2))];
    if (!starts || !ends) throw new Error('no gradient for a slice whose bounds are not constant');
    const steps = numbersOf(constant(4)) ?? starts.map(() => 1);
    const axes = (numbersOf(constant(3)) ?? starts.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));
    if (steps.some((s) => s !== 1)) return [spreadBack(g, x, dy, axes, starts, ends, steps)];
    const before = new Array<Dim>(x.shape.length).fill(0);
    const after = new Array<Dim>(x.shape.length).fill(0);
    axes.forEach((axis, i) => {
      const length = x.shape[axis];
      if (typeof length === 'number') {
        const { begin, count } = cut(length, starts[i], ends[i], 1);
        before[axis] = begin;
        after[axis] = length - begin - count;
      } else {
        const [begin, stop] = symbolicBounds(length, starts[i], ends[i]);
        before[axis] = begin;
        after[axis] = subtractDims(length, stop);
      }
    });
    return [g.op('Pad', [dy, g.shapeValue([...before, ...after])], {}, { types: [x] })];
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

/** A stepped slice's gradient: the last axis first, each scattered into zeros. */
function spreadBack(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Value {
  let spread = dy;
  axes.forEach((axis, i) => {
    const length = x.shape[axis];
    if (typeof length !== 'number') throw new Error('no gradient for a stepped slice of a symbolic axis');
    const { begin, step, count } = cut(length, starts[i], ends[i], steps[i]);
    const indices = g.int64s(Array.from({ length: count }, (_, k) => begin + k * step));
    // The rows of the axis in front, scattered, and back.
    const order = spread.shape.map((_, k) => (k === 0 ? axis : k <= axis ? k - 1 : k));
    const front = g.transpose(spread, order);
    const zeros = g.expand(g.like(0, dy), [length, ...front.shape.slice(1)]);
    const rows = g.op('ScatterND', [zeros, g.unsqueeze(indices, [1]), front]);
    spread = g.transpose(
      rows,
      order.map((_, k) => order.indexOf(k)),
    );
  });
  return spread;
}
