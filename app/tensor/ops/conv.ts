/** Convolution: x [N, C, ...], kernel [M, C / group, ...], bias [M]; result [N, M, ...], one place a window. */
import { int, ints } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { biasGradient, kernelGradient, spreadOver } from './convolution-gradients.ts';
import { addBias, eachProduct } from './convolution-loops.ts';
import { doubles } from './evaluate.ts';
import { readWindows, windowAttributes, windowCount, windowDims } from './windows.ts';

export const conv = defineOp('Conv', {
  attrs: { ...windowAttributes, group: int(1), kernel_shape: ints() },
  shape: ({ inputs: [x, w], attrs }) => {
    const windows = readWindows(attrs, w.shape.slice(2), x.shape.slice(2));
    return [{ dtype: x.dtype, shape: [x.shape[0], w.shape[0], ...windowDims(windows, x)] }];
  },
  grad: ({ g, attrs, inputs: [x, w, bias], dys: [dy], needs }) => {
    const windows = readWindows(attrs, w.shape.slice(2), x.shape.slice(2));
    return [
      needs[0] ? spreadOver(g, x, dy, w, attrs.group, windows) : undefined,
      needs[1] ? kernelGradient(g, x, dy, w, attrs.group, windows) : undefined,
      bias && needs[2] ? biasGradient(g, dy) : undefined,
    ];
  },
  evaluate: ({ inputs: [x, w, bias], attrs }) => {
    const windows = readWindows(attrs, w.shape.slice(2), x.shape.slice(2));
    const spatial = x.shape.slice(2).map((size, axis) => windowCount(windows, axis, size));
    const y = doubles(x.dtype, [x.shape[0], w.shape[0], ...spatial]);
    eachProduct(x.shape, y.shape, w.shape, attrs.group, windows, (wide, narrow, tap) => {
      y.data[narrow] += x.data[wide] * w.data[tap];
    });
    addBias(y, bias);
    return [y];
  },
});
