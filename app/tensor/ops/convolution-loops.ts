/** The definition of convolution as loops, for the reference arithmetic of Conv and ConvTranspose. */
import type { Doubles } from '../op.ts';
import { eachIndex, stridesOf } from './evaluate.ts';
import type { Windows } from './windows.ts';

/**
 * Visits every product of a convolution: `wide` [N, C, ...] is what the windows slide over, `narrow` [N, M, ...] has one
 * place a window, `kernel` [M, C / group, ...]. Offsets are into the flat arrays.
 */
export function eachProduct(
  wide: readonly number[],
  narrow: readonly number[],
  kernel: readonly number[],
  group: number,
  { strides, dilations, before }: Windows,
  visit: (wide: number, narrow: number, kernel: number) => void,
): void {
  const channels = kernel[1];
  const perGroup = narrow[1] / group;
  const wideStrides = stridesOf(wide);
  eachIndex(narrow, (place, at) => {
    const first = Math.floor(place[1] / perGroup) * channels;
    const kernelBase = place[1] * channels;
    eachIndex(kernel.slice(2), (offset, tap) => {
      let inner = 0;
      for (let axis = 0; axis < offset.length; axis++) {
        const k = place[axis + 2] * strides[axis] - before[axis] + offset[axis] * dilations[axis];
        if (k < 0 || k >= wide[axis + 2]) return;
        inner += wideStrides[axis + 2] * k;
      }
      const taps = kernel.slice(2).reduce((a, b) => a * b, 1);
      for (let c = 0; c < channels; c++) {
        visit(place[0] * wideStrides[0] + (first + c) * wideStrides[1] + inner, at, (kernelBase + c) * taps + tap);
      }
    });
  });
}

/** Adds a bias [M] to [N, M, ...] in place. */
export function addBias(y: Doubles, bias: Doubles | undefined): void {
  if (!bias) return;
  const inner = y.shape.slice(2).reduce((a, b) => a * b, 1);
  for (let i = 0; i < y.data.length; i++) y.data[i] += bias.data[Math.floor(i / inner) % y.shape[1]];
}
