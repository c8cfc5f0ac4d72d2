/** ValueInfoProto to a value: name, element type and shape where they are said. */
import type { Dim } from '../tensor/dims.ts';
import type { AnyValue } from '../tensor/graph.ts';
import { elementType } from './decode-tensor.ts';
import * as P from './fields.ts';
import { fieldsOf, signed, textOf, wholeOf } from './wire.ts';

/** @throws UserError onnx/corrupt */
export function decodeValue(bytes: Uint8Array): AnyValue {
  let name = '';
  let type: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.VALUE_INFO.name) name = textOf(field);
    else if (field.number === P.VALUE_INFO.type) type = field.bytes;
  }
  return { name, ...(type ? decodeType(type, name) : { dtype: 'unknown', shape: undefined }) };
}

function decodeType(bytes: Uint8Array, name: string): Omit<AnyValue, 'name'> {
  const foreign = { dtype: 'unknown', shape: undefined, foreignType: bytes } as const;
  let tensor: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.TYPE.tensor) tensor = field.bytes;
    else if (field.number !== P.TYPE.denotation) return foreign;
  }
  if (!tensor) return foreign;
  let code = 0;
  let shape: Dim[] | undefined;
  for (const field of fieldsOf(tensor)) {
    if (field.number === P.TENSOR_TYPE.elementType) code = wholeOf(field.integer);
    else if (field.number === P.TENSOR_TYPE.shape) shape = decodeShape(field.bytes, name);
  }
  const dtype = elementType(code);
  return dtype === 'unknown' ? foreign : { dtype, shape };
}

/** A dimension of which nothing is said gets a symbol of its own. */
function decodeShape(bytes: Uint8Array, name: string): Dim[] {
  const shape: Dim[] = [];
  for (const dim of fieldsOf(bytes)) {
    if (dim.number !== P.SHAPE.dim) continue;
    let size: Dim = `${name}_${shape.length}`.replace(/[^\w.]/g, '_').replace(/^(?=\d)/, '_');
    for (const field of fieldsOf(dim.bytes)) {
      if (field.number === P.DIMENSION.param && field.bytes.length > 0) size = textOf(field);
      else if (field.number === P.DIMENSION.value && signed(field.integer) >= 0n) size = wholeOf(field.integer);
    }
    shape.push(size);
  }
  return shape;
}
