/** Joins values along one axis. */
import { int } from '../attributes.ts';
import { addDims, type Dim } from '../dims.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';

export const concat = defineOp('Concat', {
  attrs: { axis: int(0) },
  shape: ({ inputs, attrs }) => {
    const [first] = inputs;
    const axis = attrs.axis < 0 ? attrs.axis + first.shape.length : attrs.axis;
    const length = inputs.reduce<Dim>((n, x) => addDims(n, x.shape[axis]), 0);
    return [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? length : d)) }];
  },
  grad: ({ g, attrs, inputs, dys: [dy] }) => {
    const axis = attrs.axis < 0 ? attrs.axis + dy.shape.length : attrs.axis;
    const sizes = g.shapeValue(inputs.map((x) => x.shape[axis]));
    return g.apply('Split', [dy, sizes], { axis }, { outputs: inputs.length, types: inputs });
  },
  evaluate: ({ inputs, attrs }) => {
    const [first] = inputs;
    const axis = attrs.axis < 0 ? attrs.axis + first.shape.length : attrs.axis;
    const total = inputs.reduce((n, x) => n + x.shape[axis], 0);
    const out = doubles(
      first.dtype,
      first.shape.map((d, i) => (i === axis ? total : d)),
    );
    let start = 0;
    for (const x of inputs) {
      const { outer, length, inner } = aroundAxis(x.shape, axis);
      for (let o = 0; o < outer; o++) {
        out.data.set(x.data.subarray(o * length * inner, (o + 1) * length * inner), (o * total + start) * inner);
      }
      start += length;
    }
    return [out];
  },
});
