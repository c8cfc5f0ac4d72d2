/** Changes the element type; gradients flow back through casts between floating types. */
import { int } from '../attributes.ts';
import { CAST_CODES } from '../cast-codes.ts';
import type { DType } from '../dtype.ts';
import { defineOp } from '../op.ts';
import { mapUnary } from './evaluate.ts';

const BY_CODE = new Map(Object.entries(CAST_CODES).map(([dtype, code]) => [code, dtype as DType]));

export function typeOfCode(code: number): DType {
  const dtype = BY_CODE.get(code);
  if (!dtype) throw new Error(`the ONNX type ${code} is not known`);
  return dtype;
}

function converter(dtype: DType): (v: number) => number {
  if (dtype === 'float64') return (v) => v;
  if (dtype === 'bool') return (v) => Number(v !== 0);
  // Doubles stand for every floating type in the reference, so that finite differences stay exact.
  return dtype.includes('float') ? (v) => v : Math.trunc;
}

export const cast = defineOp('Cast', {
  attrs: { to: int(0) },
  shape: ({ inputs: [x], attrs }) => [{ dtype: typeOfCode(attrs.to), shape: x.shape }],
  grad: ({ g, inputs: [x], dys: [dy] }) => [g.cast(dy, x.dtype)],
  evaluate: ({ inputs: [x], attrs }) => mapUnary(x, converter(typeOfCode(attrs.to)), typeOfCode(attrs.to)),
});
