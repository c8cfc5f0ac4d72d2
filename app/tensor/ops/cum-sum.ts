/** Running sum along one axis (an int scalar), from either end, with or without the element itself. */
import { int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';

export const cumSum = defineOp('CumSum', {
  attrs: { exclusive: int(0), reverse: int(0) },
  shape: ({ inputs: [x] }) => [x],
  grad: ({ g, attrs, inputs: [, axis], dys: [dy] }) => [
    g.op('CumSum', [dy, axis], { exclusive: attrs.exclusive, reverse: 1 - attrs.reverse }),
  ],
  evaluate: ({ inputs: [x, axis], attrs }) => {
    const out = doubles(x.dtype, x.shape);
    const { outer, length, inner } = aroundAxis(x.shape, axis.data[0]);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let step = 0; step < length; step++) {
          const k = attrs.reverse === 1 ? length - 1 - step : step;
          const at = (o * length + k) * inner + i;
          out.data[at] = attrs.exclusive === 1 ? sum : sum + x.data[at];
          sum += x.data[at];
        }
      }
    }
    return [out];
  },
});
