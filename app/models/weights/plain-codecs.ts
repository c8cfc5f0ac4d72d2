/** Codecs of the plain element types: one element a block. */
import { byteLength, type DType, TYPED_ARRAYS, type TypedArray } from '../../tensor/dtype.ts';
import { decodeBfloat16, decodeFloat16 } from '../../tensor/half.ts';
import type { Codec } from './codec.ts';

/** The bytes seen as elements of `dtype`; they must begin at a multiple of the element's size. */
export function elementsOf(dtype: DType, bytes: Uint8Array): TypedArray {
  const Kind = TYPED_ARRAYS[dtype];
  return new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / Kind.BYTES_PER_ELEMENT);
}

export const bytesOf = (array: TypedArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function decoder(dtype: DType): Codec['decode'] {
  if (dtype === 'float32') return (source, target) => bytesOf(target).set(source);
  if (dtype === 'float16')
    return (source, target) =>
      void decodeFloat16(elementsOf(dtype, source) as Uint16Array, target as Float32Array<ArrayBuffer>);
  if (dtype === 'bfloat16')
    return (source, target) =>
      void decodeBfloat16(elementsOf(dtype, source) as Uint16Array, target as Float32Array<ArrayBuffer>);
  if (dtype === 'int64' || dtype === 'uint64') {
    return (source, target) => {
      const values = elementsOf(dtype, source) as BigInt64Array;
      for (let i = 0; i < values.length; i++) target[i] = Number(values[i]);
    };
  }
  return (source, target) =>
    target.set(elementsOf(dtype, source) as Exclude<TypedArray, BigInt64Array | BigUint64Array>);
}

export const plainCodec = (dtype: DType): Codec => ({
  elements: 1,
  bytes: byteLength(dtype, 1),
  decode: decoder(dtype),
});
