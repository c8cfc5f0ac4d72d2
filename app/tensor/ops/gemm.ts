/** alpha * op(A) op(B) + beta * C for matrices. */
import { float, int } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { mapBroadcast } from './evaluate.ts';
import { multiply, productGradients, productShape } from './matrices.ts';

export const gemm = defineOp('Gemm', {
  attrs: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  shape: ({ inputs: [x, y], attrs }) => {
    const options = { transX: attrs.transA === 1, transY: attrs.transB === 1, alpha: attrs.alpha };
    return [{ dtype: x.dtype, shape: productShape(x.shape, y.shape, options) }];
  },
  grad: ({ g, attrs, inputs: [x, y, c], dys: [dz], needs }) => {
    const options = { transX: attrs.transA === 1, transY: attrs.transB === 1, alpha: attrs.alpha };
    const dc = needs[2] ? g.unbroadcast(g.scale(dz, attrs.beta), c.shape) : undefined;
    return [...productGradients(g, [x, y], dz, needs, options), dc];
  },
  evaluate: ({ inputs: [x, y, c], attrs }) => {
    const options = { transX: attrs.transA === 1, transY: attrs.transB === 1, alpha: attrs.alpha };
    const product = multiply(x, y, options);
    return c ? mapBroadcast([product[0], c], (p, b) => p + attrs.beta * b) : product;
  },
});
