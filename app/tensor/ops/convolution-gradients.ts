/**
 * The gradients of convolutions are convolutions (Dumoulin & Visin 2016): by the input the transposed one, by the kernel
 * the one of the input with the output's gradient, where stride and dilation change places.
 */
import type { GraphBuilder } from '../builder.ts';
import { multiplyDims } from '../dims.ts';
import type { Value } from '../graph.ts';
import { quotient } from './opaque.ts';
import { explicit, reach, type Windows } from './windows.ts';

/** What must be added behind a transposed convolution's result so that it gets the size of `wide`. */
function outputPadding(windows: Windows, wide: Value): number[] {
  return windows.kernel.map((_, axis) => {
    const size = wide.shape[axis + 2];
    if (windows.strides[axis] === 1) return 0;
    if (typeof size !== 'number') throw new Error('no gradient for a strided convolution of an axis of unknown size');
    const room = size + windows.before[axis] + windows.after[axis] - Number(reach(windows, axis));
    return room % windows.strides[axis];
  });
}

/** Gradient by what the windows slide over: narrow [N, M, ...] and kernel [M, C / group, ...] to the shape of `wide`. */
export function spreadOver(
  g: GraphBuilder,
  wide: Value,
  narrow: Value,
  kernel: Value,
  group: number,
  windows: Windows,
): Value {
  const attrs = { ...explicit(windows), group, output_padding: outputPadding(windows, wide) };
  return g.op('ConvTranspose', [narrow, kernel], attrs, { types: [wide] });
}

/** Gradient by the kernel [M, C / group, ...] of wide [N, C, ...] and narrow [N, M, ...]. */
export function kernelGradient(
  g: GraphBuilder,
  wide: Value,
  narrow: Value,
  kernel: Value,
  group: number,
  windows: Windows,
): Value {
  const rest = wide.shape.slice(2).map((_, i) => i + 2);
  const attrs = {
    strides: windows.dilations,
    dilations: windows.strides,
    pads: [...windows.before, ...windows.after],
    group,
  };
  // The batch is what is summed over, so it takes the place of the channels.
  const correlated = g.op('Conv', [batchAsChannels(g, wide, group), g.transpose(narrow, [1, 0, ...rest])], attrs);
  // Elements that no window reaches make the result larger than the kernel.
  const cut = rest.reduce(
    (y, axis) => (y.shape[axis] === kernel.shape[axis] ? y : g.slice(y, axis, 0, Number(kernel.shape[axis]))),
    correlated,
  );
  return g.transpose(cut, [1, 0, ...rest]);
}

/** [N, C, ...] -> [C / group, group * N, ...] */
function batchAsChannels(g: GraphBuilder, x: Value, group: number): Value {
  const [batch, channels, ...spatial] = x.shape;
  const rest = spatial.map((_, i) => i);
  if (group === 1) return g.transpose(x, [1, 0, ...rest.map((i) => i + 2)]);
  const each = quotient(channels, group);
  const split = g.reshape(x, [batch, group, each, ...spatial]);
  const turned = g.transpose(split, [2, 1, 0, ...rest.map((i) => i + 3)]);
  return g.reshape(turned, [each, multiplyDims(group, batch), ...spatial]);
}

/** [N, M, ...] -> [M] */
export const biasGradient = (g: GraphBuilder, dy: Value): Value =>
  g.reduceSum(dy, [0, ...dy.shape.slice(2).map((_, i) => i + 2)], false);
