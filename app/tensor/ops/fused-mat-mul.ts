/** ONNX Runtime's matrix product that transposes either side and scales on the way. */
import { float, int } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';
import { type MatrixOptions, multiply, productGradients, productShape } from './matrices.ts';

interface Attributes {
  readonly transA: number;
  readonly transB: number;
  readonly alpha: number;
}

const options = ({ transA, transB, alpha }: Attributes): MatrixOptions => ({
  transX: transA === 1,
  transY: transB === 1,
  alpha,
});

export const fusedMatMul = defineOp('FusedMatMul', {
  domain: MICROSOFT,
  attrs: { transA: int(0), transB: int(0), alpha: float(1) },
  shape: ({ inputs: [x, y], attrs }) => [{ dtype: x.dtype, shape: productShape(x.shape, y.shape, options(attrs)) }],
  grad: ({ g, attrs, inputs, dys: [dz], needs }) => productGradients(g, inputs, dz, needs, options(attrs)),
  evaluate: ({ inputs: [x, y], attrs }) => multiply(x, y, options(attrs)),
});
