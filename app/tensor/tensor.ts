/** A tensor that is there: element type, shape and values in row-major order. What sessions take and give. */
import { byteLength, type DType, TYPED_ARRAYS, type TypedArray } from './dtype.ts';

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Typed as `TYPED_ARRAYS[dtype]`; float16 and bfloat16 as raw bits, bool as 0 or 1, 4-bit types two a byte. */
  readonly data: TypedArray;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** @throws RangeError where the data do not fill the shape: always a bug of the caller. */
export function tensor(dtype: DType, shape: readonly number[], data: TypedArray): Tensor {
  const bytes = byteLength(dtype, sizeOf(shape));
  if (data.byteLength !== bytes) {
    throw new RangeError(`${dtype} [${shape}] needs ${bytes} bytes, the data have ${data.byteLength}`);
  }
  return Object.freeze({ dtype, shape: Object.freeze([...shape]), data });
}

export function zeros(dtype: DType, shape: readonly number[]): Tensor {
  const Kind = TYPED_ARRAYS[dtype];
  return tensor(dtype, shape, new Kind(byteLength(dtype, sizeOf(shape)) / Kind.BYTES_PER_ELEMENT));
}

export const float32 = (shape: readonly number[], values: ArrayLike<number>): Tensor =>
  tensor('float32', shape, values instanceof Float32Array ? values : Float32Array.from(values));

export const int64 = (shape: readonly number[], values: ArrayLike<number | bigint>): Tensor =>
  tensor('int64', shape, BigInt64Array.from(Array.from(values, (v) => BigInt(v))));
