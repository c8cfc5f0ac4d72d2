/** Matrix product of the last two axes, with broadcasting over those before. */
import { defineOp } from '../op.ts';
import { multiply, productGradients, productShape } from './matrices.ts';

const PLAIN = { transX: false, transY: false, alpha: 1 };

export const matMul = defineOp('MatMul', {
  shape: ({ inputs: [x, y] }) => [{ dtype: x.dtype, shape: productShape(x.shape, y.shape, PLAIN) }],
  grad: ({ g, inputs, dys: [dz], needs }) => productGradients(g, inputs, dz, needs, PLAIN),
  evaluate: ({ inputs: [x, y] }) => multiply(x, y, PLAIN),
});
