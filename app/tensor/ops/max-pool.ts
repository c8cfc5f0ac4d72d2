/** The largest element of each window; its second output says where in the whole of x each lies. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { eachWindow, poolShape } from './pool-loops.ts';
import { poolAttributes, readWindows, windowDims } from './windows.ts';

export const maxPool = defineOp('MaxPool', {
  attrs: { ...poolAttributes, storage_order: int(0) },
  shape: ({ inputs: [x], attrs }) => {
    const windows = readWindows(attrs, attrs.kernel_shape ?? [], x.shape.slice(2));
    const shape = [x.shape[0], x.shape[1], ...windowDims(windows, x)];
    return [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ];
  },
  // Each window's gradient goes to where its maximum was, added up where windows overlap.
  grad: ({ g, attrs, inputs: [x], outputs: [y], dys: [dy] }) => {
    if (attrs.storage_order !== 0) throw new Error('no gradient for column-major indices');
    const [, places] = g.apply('MaxPool', [x], attrs, { outputs: 2, types: [y, { dtype: 'int64', shape: y.shape }] });
    const flat = (v: typeof x) => g.op('Reshape', [v, g.int64s([-1])]);
    const zeros = flat(g.zerosLike(x));
    const spread = g.op('ScatterElements', [zeros, flat(places), flat(dy)], { axis: 0, reduction: 'add' });
    return [g.op('Reshape', [spread, g.shapeValue(x.shape)], {}, { types: [x] })];
  },
  evaluate: ({ inputs: [x], attrs, outputs }) => {
    const windows = readWindows(attrs, attrs.kernel_shape ?? [], x.shape.slice(2));
    const y = poolShape(x, windows);
    const places = doubles('int64', y.shape);
    eachWindow(x, y, windows, (at, elements) => {
      const best = elements.reduce((a, b) => (x.data[b] > x.data[a] ? b : a));
      y.data[at] = x.data[best];
      places.data[at] = best;
    });
    return outputs > 1 ? [y, places] : [y];
  },
});
