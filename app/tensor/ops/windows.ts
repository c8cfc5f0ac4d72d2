/** Sliding windows, as convolutions and pooling share them: how far they reach, how many there are, where each one lies. */
import { int, ints, string } from '../attributes.ts';
import { addDims, type Dim, multiplyDims, type Shape, subtractDims } from '../dims.ts';
import type { Value } from '../graph.ts';
import { opaqueDim } from './opaque.ts';

export const windowAttributes = {
  auto_pad: string<string>('NOTSET'),
  dilations: ints(),
  pads: ints(),
  strides: ints(),
} as const;

export const poolAttributes = { ...windowAttributes, ceil_mode: int(0), kernel_shape: ints() } as const;

interface WindowAttributes {
  readonly auto_pad: string;
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly strides?: readonly number[];
  readonly ceil_mode?: number;
}

/** One number for each spatial axis. */
export interface Windows {
  readonly kernel: Shape;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly ceil: boolean;
}

/** Elements from the first to the last that a window touches along an axis. */
export const reach = ({ kernel, dilations }: Windows, axis: number): Dim =>
  addDims(multiplyDims(addDims(kernel[axis], -1), dilations[axis]), 1);

/** @param spatial sizes of the axes behind batch and channels */
export function readWindows(attrs: WindowAttributes, kernel: Shape, spatial: Shape): Windows {
  const ones = kernel.map(() => 1);
  const strides = attrs.strides ?? ones;
  const dilations = attrs.dilations ?? ones;
  const none = kernel.map(() => 0);
  const plain: Windows = { kernel, strides, dilations, before: none, after: none, ceil: attrs.ceil_mode === 1 };
  if (attrs.auto_pad === 'VALID') return plain;
  if (attrs.auto_pad === 'NOTSET') {
    const pads = attrs.pads ?? [...none, ...none];
    return { ...plain, before: pads.slice(0, kernel.length), after: pads.slice(kernel.length) };
  }
  // SAME: as many windows as strides fit, the odd element of padding behind (UPPER) or in front (LOWER).
  const total = kernel.map((_, i) => {
    const size = spatial[i];
    const span = Number(reach(plain, i));
    if (typeof size === 'number') {
      return Math.max(0, (Math.ceil(size / strides[i]) - 1) * strides[i] + span - size);
    }
    if (strides[i] === 1) return span - 1;
    throw new Error(`auto_pad ${attrs.auto_pad} with strides needs sizes that are known`);
  });
  const small = total.map((t) => Math.floor(t / 2));
  const large = total.map((t) => Math.ceil(t / 2));
  return attrs.auto_pad === 'SAME_LOWER'
    ? { ...plain, before: large, after: small }
    : { ...plain, before: small, after: large };
}

/** How many windows fit an axis of the given size; undefined where only the run tells. */
function countWindows(windows: Windows, axis: number, size: Dim): Dim | undefined {
  const { strides, before, after, ceil } = windows;
  const stride = strides[axis];
  const room = addDims(subtractDims(size, reach(windows, axis)), before[axis] + after[axis]);
  if (typeof room !== 'number') return stride === 1 ? addDims(room, 1) : undefined;
  if (!ceil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // A window that would begin in the padding behind is dropped.
  return typeof size === 'number' && (count - 1) * stride >= size + before[axis] ? count - 1 : count;
}

export const windowCount = (windows: Windows, axis: number, size: number): number =>
  Number(countWindows(windows, axis, size));

export const windowDims = (windows: Windows, x: Value): Dim[] =>
  x.shape.slice(2).map((size, axis) => countWindows(windows, axis, size) ?? opaqueDim('windows', [x], axis));

/** Attributes of an explicit window, for emitting another convolution with it. */
export const explicit = ({ strides, dilations, before, after }: Windows) => ({
  strides,
  dilations,
  pads: [...before, ...after],
});
