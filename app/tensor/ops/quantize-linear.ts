/**
 * Numbers to codes: round(y / scale) + zero point, ties to even, kept within the code's range. Scales as in
 * DequantizeLinear. Codes are uint8 unless a zero point or `output_dtype` says otherwise.
 */
import { int } from '../attributes.ts';
import type { DType } from '../dtype.ts';
import { defineOp } from '../op.ts';
import { typeOfCode } from './cast.ts';
import { doubles, eachIndex } from './evaluate.ts';
import { parameterPlaces } from './quantization-places.ts';
import { roundHalfEven } from './round.ts';

const RANGES: Partial<Record<DType, readonly [number, number]>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

const codeType = (zero: { readonly dtype: DType } | undefined, output: number): DType =>
  zero?.dtype ?? (output === 0 ? 'uint8' : typeOfCode(output));

export const quantizeLinear = defineOp('QuantizeLinear', {
  attrs: { axis: int(1), block_size: int(0), output_dtype: int(0), saturate: int(1) },
  shape: ({ inputs: [y, , zero], attrs }) => [{ dtype: codeType(zero, attrs.output_dtype), shape: y.shape }],
  evaluate: ({ inputs: [y, scale, zero], attrs }) => {
    const dtype = codeType(zero, attrs.output_dtype);
    const range = RANGES[dtype];
    if (!range) throw new Error(`codes of the type ${dtype} are not known`);
    const out = doubles(dtype, y.shape);
    const place = parameterPlaces(y.shape, scale.shape, attrs);
    eachIndex(y.shape, (index, flat) => {
      const at = place(index);
      const code = roundHalfEven(y.data[flat] / scale.data[at]) + (zero?.data[at] ?? 0);
      out.data[flat] = Math.min(Math.max(code, range[0]), range[1]);
    });
    return [out];
  },
});
