/** Transposed convolution: x [N, M, ...] spread over [N, C, ...] by the kernel [M, C / group, ...], bias [C]. */
import { int, ints } from '../attributes.ts';
import { addDims, type Dim, multiplyDims, type Shape } from '../dims.ts';
import { defineOp } from '../op.ts';
import { biasGradient, kernelGradient } from './convolution-gradients.ts';
import { addBias, eachProduct } from './convolution-loops.ts';
import { doubles } from './evaluate.ts';
import { explicit, reach, readWindows, type Windows, windowAttributes } from './windows.ts';

interface Attributes {
  readonly auto_pad: string;
  readonly group: number;
  readonly output_padding?: readonly number[];
  readonly output_shape?: readonly number[];
}

function windowsOf(attrs: Attributes, kernel: Shape, spatial: Shape): Windows {
  if (attrs.output_shape || attrs.auto_pad.startsWith('SAME')) {
    throw new Error('a transposed convolution with output_shape or auto_pad SAME is not supported');
  }
  return readWindows(attrs, kernel, spatial);
}

function spreadDims(windows: Windows, spatial: Shape, extra: readonly number[] | undefined): Dim[] {
  return spatial.map((size, axis) => {
    const span = multiplyDims(addDims(size, -1), windows.strides[axis]);
    const cut = windows.before[axis] + windows.after[axis] - (extra?.[axis] ?? 0);
    return addDims(addDims(span, reach(windows, axis)), -cut);
  });
}

export const convTranspose = defineOp('ConvTranspose', {
  attrs: { ...windowAttributes, group: int(1), kernel_shape: ints(), output_padding: ints(), output_shape: ints() },
  shape: ({ inputs: [x, w], attrs }) => {
    const windows = windowsOf(attrs, w.shape.slice(2), x.shape.slice(2));
    const spatial = spreadDims(windows, x.shape.slice(2), attrs.output_padding);
    return [{ dtype: x.dtype, shape: [x.shape[0], multiplyDims(w.shape[1], attrs.group), ...spatial] }];
  },
  grad: ({ g, attrs, inputs: [x, w, bias], outputs: [y], dys: [dy], needs }) => {
    const windows = windowsOf(attrs, w.shape.slice(2), x.shape.slice(2));
    // Padding of the output may make room for one window more than x has.
    const fits = attrs.output_padding?.every((p, axis) => p < windows.strides[axis]) ?? true;
    if (!fits) throw new Error('no gradient for output_padding of a stride or more');
    const options = { ...explicit(windows), group: attrs.group };
    return [
      needs[0] ? g.op('Conv', [dy, w], options, { types: [x] }) : undefined,
      needs[1] ? kernelGradient(g, { ...y, name: dy.name }, x, w, attrs.group, windows) : undefined,
      bias && needs[2] ? biasGradient(g, dy) : undefined,
    ];
  },
  evaluate: ({ inputs: [x, w, bias], attrs }) => {
    const windows = windowsOf(attrs, w.shape.slice(2), x.shape.slice(2));
    const spatial = spreadDims(windows, x.shape.slice(2), attrs.output_padding) as number[];
    const y = doubles(x.dtype, [x.shape[0], w.shape[1] * attrs.group, ...spatial]);
    eachProduct(y.shape, x.shape, w.shape, attrs.group, windows, (wide, narrow, tap) => {
      y.data[wide] += x.data[narrow] * w.data[tap];
    });
    addBias(y, bias);
    return [y];
  },
});
