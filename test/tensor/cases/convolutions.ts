/** Convolutions and pooling. */
import type { OpCase } from '../op-harness.ts';
import { floats } from './inputs.ts';

/** No two alike, so that the maximum of a window does not change within a finite difference. */
const distinct = (...shape: (number | string)[]) => ({
  ...floats(shape),
  values: (count: number) => Array.from({ length: count }, (_, i) => ((i * 7) % count) / 3 - 2),
});

export const convolutions = {
  Conv: [
    { inputs: [floats(['batch', 3, 5, 6]), floats([2, 3, 3, 2]), floats([2])], twice: true },
    { name: 'one axis of symbolic length', inputs: [floats(['batch', 2, 'keys']), floats([3, 2, 2])] },
    {
      name: 'strides, dilations and uneven padding',
      inputs: [floats(['batch', 2, 8, 7]), floats([3, 2, 2, 3])],
      attrs: { strides: [3, 2], dilations: [2, 1], pads: [1, 0, 2, 1] },
    },
    {
      name: 'groups',
      inputs: [floats(['batch', 4, 5, 5]), floats([6, 2, 3, 3]), floats([6])],
      attrs: { group: 2, pads: [1, 1, 1, 1], strides: [2, 2] },
      twice: true,
    },
    {
      name: 'each channel by itself',
      inputs: [floats(['batch', 3, 6]), floats([3, 1, 3])],
      attrs: { group: 3, auto_pad: 'SAME_UPPER', strides: [2] },
    },
    { name: 'padded in front', inputs: [floats([1, 2, 5]), floats([1, 2, 4])], attrs: { auto_pad: 'SAME_LOWER' } },
    { name: 'unpadded', inputs: [floats([1, 2, 5]), floats([1, 2, 4])], attrs: { auto_pad: 'VALID' } },
  ],
  ConvTranspose: [
    { inputs: [floats(['batch', 3, 4, 3]), floats([3, 2, 3, 2]), floats([2])], twice: true },
    {
      name: 'strides, dilations, padding of both',
      inputs: [floats(['batch', 2, 4]), floats([2, 3, 3])],
      attrs: { strides: [3], dilations: [2], pads: [1, 2], output_padding: [2] },
    },
    { name: 'groups', inputs: [floats(['batch', 4, 3]), floats([4, 2, 3])], attrs: { group: 2, strides: [2] } },
  ],
  MaxPool: [
    { inputs: [distinct('batch', 2, 5, 6)], attrs: { kernel_shape: [2, 3], strides: [1, 2] } },
    {
      name: 'padded, spread, rounded up',
      inputs: [distinct('batch', 2, 8)],
      attrs: { kernel_shape: [2], strides: [3], dilations: [2], pads: [1, 0], ceil_mode: 1 },
    },
    {
      name: 'with places',
      inputs: [distinct('batch', 1, 4, 4)],
      attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      outputs: 2,
    },
  ],
  AveragePool: [
    { inputs: [floats(['batch', 2, 5, 6])], attrs: { kernel_shape: [2, 3], strides: [2, 1] }, twice: true },
    {
      name: 'padding left out',
      inputs: [floats(['batch', 2, 5])],
      attrs: { kernel_shape: [3], strides: [2], pads: [1, 1] },
    },
    {
      name: 'padding counted',
      inputs: [floats(['batch', 2, 5])],
      attrs: { kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 },
    },
    {
      name: 'rounded up',
      inputs: [floats(['batch', 2, 6])],
      attrs: { kernel_shape: [3], strides: [2], ceil_mode: 1 },
      by: [],
    },
  ],
  GlobalAveragePool: [
    { inputs: [floats(['batch', 3, 2, 4])], twice: true },
    { name: 'of symbolic length', inputs: [floats(['batch', 2, 'length'])] },
  ],
  GlobalMaxPool: [{ inputs: [distinct('batch', 3, 2, 4)] }],
} satisfies Record<string, readonly OpCase[]>;
