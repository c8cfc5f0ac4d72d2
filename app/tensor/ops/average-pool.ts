/** The mean of each window, over the elements inside x or, with count_include_pad, over its padding's zeros too. */
import { int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';
import { defineOp } from '../op.ts';
import { float32 } from '../tensor.ts';
import { spreadOver } from './convolution-gradients.ts';
import { eachWindow, poolShape } from './pool-loops.ts';
import { explicit, poolAttributes, readWindows, type Windows, windowDims } from './windows.ts';

export const averagePool = defineOp('AveragePool', {
  attrs: { ...poolAttributes, count_include_pad: int(0) },
  shape: ({ inputs: [x], attrs }) => {
    const windows = readWindows(attrs, attrs.kernel_shape ?? [], x.shape.slice(2));
    return [{ dtype: x.dtype, shape: [x.shape[0], x.shape[1], ...windowDims(windows, x)] }];
  },
  // A pool is a convolution of each channel with ones, divided by how many elements each window has.
  grad: ({ g, attrs, inputs: [x], dys: [dy] }) => {
    const windows = readWindows(attrs, attrs.kernel_shape ?? [], x.shape.slice(2));
    if (windows.ceil) throw new Error('no gradient for an average over windows that reach beyond the padding');
    const channels = x.shape[1];
    if (typeof channels !== 'number') throw new Error('no gradient for an average over channels of unknown number');
    const kernel = ones(g, [channels, 1, ...windows.kernel] as number[], dy);
    const padded = [...windows.before, ...windows.after].some((p) => p > 0);
    const size = (windows.kernel as readonly number[]).reduce((a, b) => a * b, 1);
    const share =
      padded && attrs.count_include_pad === 0 ? g.div(dy, counts(g, x, windows, dy)) : g.scale(dy, 1 / size);
    return [spreadOver(g, x, share, kernel, channels, windows)];
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const windows = readWindows(attrs, attrs.kernel_shape ?? [], x.shape.slice(2));
    const y = poolShape(x, windows);
    eachWindow(x, y, windows, (at, elements, padded) => {
      const sum = elements.reduce((total, element) => total + x.data[element], 0);
      y.data[at] = sum / (attrs.count_include_pad === 1 ? padded : elements.length);
    });
    return [y];
  },
});

const ones = (g: GraphBuilder, shape: readonly number[], like: Value): Value =>
  g.cast(g.constant(float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1))), like.dtype);

/** How many elements of x each window holds, [1, 1, ...]. */
function counts(g: GraphBuilder, x: Value, windows: Windows, dy: Value): Value {
  const plane = g.expand(g.like(1, dy), [1, 1, ...x.shape.slice(2)]);
  return g.op('Conv', [plane, ones(g, [1, 1, ...windows.kernel] as number[], dy)], explicit(windows));
}
