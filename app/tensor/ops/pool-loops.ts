/** The definition of pooling as loops: every window with the elements that lie inside x. */
import type { Doubles } from '../op.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';
import { reach, type Windows, windowCount } from './windows.ts';

export function poolShape(x: Doubles, windows: Windows): Doubles {
  const spatial = x.shape.slice(2).map((size, axis) => windowCount(windows, axis, size));
  return doubles(x.dtype, [x.shape[0], x.shape[1], ...spatial]);
}

/** Calls `visit` with the window's place in y, the flat offsets in x of its elements, and its size with padding. */
export function eachWindow(
  x: Doubles,
  y: Doubles,
  windows: Windows,
  visit: (at: number, elements: readonly number[], padded: number) => void,
): void {
  const kernel = windows.kernel as readonly number[];
  const strides = stridesOf(x.shape);
  eachIndex(y.shape, (place, at) => {
    const base = place[0] * strides[0] + place[1] * strides[1];
    const elements: number[] = [];
    eachIndex(kernel, (offset) => {
      let inner = base;
      for (let axis = 0; axis < offset.length; axis++) {
        const k = start(windows, place[axis + 2], axis) + offset[axis] * windows.dilations[axis];
        if (k < 0 || k >= x.shape[axis + 2]) return;
        inner += strides[axis + 2] * k;
      }
      elements.push(inner);
    });
    visit(at, elements, paddedSize(x, windows, place));
  });
}

const start = ({ strides, before }: Windows, place: number, axis: number): number =>
  place * strides[axis] - before[axis];

/** Elements of the window that lie in x or its padding: with ceil_mode the last window may reach further. */
function paddedSize(x: Doubles, windows: Windows, place: readonly number[]): number {
  return windows.kernel.reduce<number>((size, _, axis) => {
    const begin = start(windows, place[axis + 2], axis);
    const end = Math.min(begin + Number(reach(windows, axis)), x.shape[axis + 2] + windows.after[axis]);
    return size * Math.ceil((end - begin) / windows.dilations[axis]);
  }, 1);
}
