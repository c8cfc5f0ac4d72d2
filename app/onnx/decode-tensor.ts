/** TensorProto to a constant: its values in memory, or where they lie in a file. */
import { UserError } from '../contract/errors.ts';
import { CAST_CODES } from '../tensor/cast-codes.ts';
import { byteLength, type DType, TYPED_ARRAYS, type TypedArray } from '../tensor/dtype.ts';
import type { Constant } from '../tensor/graph.ts';
import { tensor } from '../tensor/tensor.ts';
import * as P from './fields.ts';
import { concatBytes, type Field, fieldsOf, pushFixed, pushIntegers, textOf, wholeOf } from './wire.ts';

/** What a tensor says about its data outside the model file, already proved to lie inside that file. */
export interface ExternalPlace {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

export interface StatedPlace {
  readonly location: string;
  readonly offset: number;
  /** Absent: to the end of what the shape needs. */
  readonly length?: number;
}

/** Finds the file behind a stated place. @throws UserError file/outside-folder, weights/missing, weights/truncated */
export type FindPlace = (place: StatedPlace, tensor: string) => ExternalPlace;

export interface DecodedTensor {
  readonly name: string;
  /** Absent for text, which no tensor of ours holds. */
  readonly constant?: Constant;
}

const DTYPES = new Map(Object.entries(CAST_CODES).map(([dtype, code]) => [code, dtype as DType]));
const TEXT = 8;

/** The element type of an ONNX code. */
export function elementType(code: number): DType | 'string' | 'unknown' {
  return code === TEXT ? 'string' : (DTYPES.get(code) ?? 'unknown');
}

/** @throws UserError onnx/corrupt, onnx/unsupported for an element type unknown to us, and what `find` throws */
export function decodeTensor(bytes: Uint8Array, find: FindPlace): DecodedTensor {
  const shape: bigint[] = [];
  let code = 0;
  let name = '';
  let external = false;
  let raw: Uint8Array | undefined;
  const place = new Map<string, string>();
  const integers: bigint[] = [];
  const fixed: Uint8Array[] = [];
  for (const field of fieldsOf(bytes)) {
    switch (field.number) {
      case P.TENSOR.dims:
        pushIntegers(field, shape);
        break;
      case P.TENSOR.dataType:
        code = wholeOf(field.integer);
        break;
      case P.TENSOR.name:
        name = textOf(field);
        break;
      case P.TENSOR.rawData:
        raw = field.bytes;
        break;
      case P.TENSOR.int32Data:
      case P.TENSOR.int64Data:
      case P.TENSOR.uint64Data:
        pushIntegers(field, integers);
        break;
      case P.TENSOR.floatData:
        pushFixed(field, 4, fixed);
        break;
      case P.TENSOR.doubleData:
        pushFixed(field, 8, fixed);
        break;
      case P.TENSOR.externalData:
        place.set(...decodeEntry(field));
        break;
      case P.TENSOR.dataLocation:
        external = field.integer === 1n;
        break;
      case P.TENSOR.segment:
        throw new UserError('onnx/unsupported', `the tensor ${name} is stored in segments`);
    }
  }
  const dtype = elementType(code);
  if (dtype === 'string') return { name };
  if (dtype === 'unknown') throw new UserError('onnx/unsupported', `the tensor ${name} has the element type ${code}`);
  const dims = shape.map(wholeOf);
  const length = byteLength(
    dtype,
    dims.reduce((n, d) => n * d, 1),
  );
  if (dims.some((d) => d < 0) || !Number.isSafeInteger(length))
    throw new UserError('onnx/corrupt', `the tensor ${name} has the impossible shape [${dims}]`);
  if (external) {
    const stated = { ...statedPlace(place, name) };
    if (stated.length !== undefined && stated.length !== length)
      throw new UserError('onnx/corrupt', `${name} has ${stated.length} bytes, its shape needs ${length}`);
    return { name, constant: { dtype, shape: dims, ...find({ ...stated, length }, name) } };
  }
  const data = raw ? concatBytes([raw]) : integers.length > 0 ? fromIntegers(dtype, integers) : concatBytes(fixed);
  if (data.byteLength !== length)
    throw new UserError('onnx/corrupt', `${name} has ${data.byteLength} bytes, its shape [${dims}] needs ${length}`);
  return { name, constant: tensor(dtype, dims, new TYPED_ARRAYS[dtype](data.buffer) as TypedArray) };
}

/** int32_data, int64_data and uint64_data hold one element a number, but 4-bit types two. */
function fromIntegers(dtype: DType, integers: readonly bigint[]): Uint8Array<ArrayBuffer> {
  const Kind = TYPED_ARRAYS[dtype];
  const array = new Kind(integers.length);
  const bits = 8 * Kind.BYTES_PER_ELEMENT;
  for (let i = 0; i < integers.length; i++) {
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[i] = integers[i];
    else array[i] = Number(BigInt.asUintN(bits, integers[i]));
  }
  return new Uint8Array(array.buffer as ArrayBuffer);
}

/** @throws UserError onnx/corrupt */
export function decodeEntry({ bytes }: Field): [string, string] {
  let key = '';
  let value = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.ENTRY.key) key = textOf(field);
    else if (field.number === P.ENTRY.value) value = textOf(field);
  }
  return [key, value];
}

function statedPlace(place: ReadonlyMap<string, string>, name: string): StatedPlace {
  const location = place.get('location');
  if (!location) throw new UserError('onnx/corrupt', `${name} lies in a file without a name`);
  const number = (key: string): number | undefined => {
    const text = place.get(key);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
      throw new UserError('onnx/corrupt', `${name}: its ${key} ${JSON.stringify(text)} is not possible`);
    return value;
  };
  return { location, offset: number('offset') ?? 0, length: number('length') };
}
