/** The numbers by which GGUF names tensor types. */
import { UserError } from '../../../contract/errors.ts';
import type { BlockType } from '../blocks/index.ts';

export type GgufTensorType =
  | BlockType
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64';

export const TENSOR_TYPE_IDS: Readonly<Record<GgufTensorType, number>> = {
  float32: 0,
  float16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  IQ4_NL: 20,
  IQ4_XS: 23,
  int8: 24,
  int16: 25,
  int32: 26,
  int64: 27,
  float64: 28,
  bfloat16: 30,
};

const BY_ID = new Map(Object.entries(TENSOR_TYPE_IDS).map(([type, id]) => [id, type as GgufTensorType]));

/** Types that exist but that we do not decode, to be named in the message. */
const OTHERS: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  21: 'IQ3_S',
  22: 'IQ2_S',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

/** @throws UserError model/unsupported for types we do not decode, weights/corrupt for numbers that are no type */
export function tensorTypeOf(id: number, tensor: string, file: string): GgufTensorType {
  const type = BY_ID.get(id);
  if (type) return type;
  if (OTHERS[id])
    throw new UserError('model/unsupported', `${file}: ${tensor} is quantized as ${OTHERS[id]}, which cannot be read`);
  throw new UserError('weights/corrupt', `${file}: ${tensor} has the unknown type ${id}`);
}
