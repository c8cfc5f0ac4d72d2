/** Product of 8-bit codes less their zero points (one, or one a column of the second), in int32. */
import { defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { multiply, productShape } from './matrices.ts';

const PLAIN = { transX: false, transY: false, alpha: 1 };

export const matMulInteger = defineOp('MatMulInteger', {
  shape: ({ inputs: [x, y] }) => [{ dtype: 'int32', shape: productShape(x.shape, y.shape, PLAIN) }],
  evaluate: ({ inputs: [x, y, xZero, yZero] }) => {
    if ((xZero?.data.length ?? 1) !== 1) throw new Error('the reference takes one zero point for the first factor');
    const columns = y.shape.at(-1)!;
    const a = x.data.map((v) => v - (xZero?.data[0] ?? 0));
    const b = y.data.map((v, i) => v - (yZero ? yZero.data[yZero.data.length === 1 ? 0 : i % columns] : 0));
    return multiply(doubles('int32', x.shape, a), doubles('int32', y.shape, b), PLAIN);
  },
});
