/** AttributeProto to an attribute; whatever ours cannot say exactly stays encoded. */
import { UserError } from '../contract/errors.ts';
import type { Attribute } from '../tensor/attributes.ts';
import type { Graph } from '../tensor/graph.ts';
import { isExternal } from '../tensor/graph.ts';
import { decodeTensor } from './decode-tensor.ts';
import * as P from './fields.ts';
import { concatBytes, type Field, fieldsOf, float32Of, pushFixed, pushIntegers, signed, textOf } from './wire.ts';

const TYPES: ReadonlyMap<number, Kind> = new Map(
  Object.entries(P.ATTRIBUTE_TYPES).map(([type, code]) => [code, type as Kind]),
);
type Kind = keyof typeof P.ATTRIBUTE_TYPES;

/** @throws UserError onnx/corrupt, onnx/unsupported */
export function decodeAttribute(
  bytes: Uint8Array,
  decodeGraph: (bytes: Uint8Array) => Graph,
): { readonly name: string; readonly attribute: Attribute } {
  let name = '';
  let code = 0;
  const fields: Field[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.ATTRIBUTE.name) name = textOf(field);
    else if (field.number === P.ATTRIBUTE.type) code = Number(field.integer);
    else if (field.number !== P.ATTRIBUTE.docString) fields.push(field);
  }
  const type = TYPES.get(code);
  const raw: Attribute = { type: 'raw', value: bytes };
  // A reference to a function's attribute, or values of another kind beside those that the type announces.
  if (!type || fields.some((field) => field.number !== P.ATTRIBUTE[type])) return { name, attribute: raw };
  return { name, attribute: decodeAs(type, fields, decodeGraph) ?? raw };
}

/** Undefined where our form would lose something. */
function decodeAs(type: Kind, fields: readonly Field[], decodeGraph: (b: Uint8Array) => Graph): Attribute | undefined {
  const last = fields.at(-1);
  switch (type) {
    case 'int': {
      const value = last ? signed(last.integer) : 0n;
      return isExact(value) ? { type, value: Number(value) } : undefined;
    }
    case 'ints': {
      const all: bigint[] = [];
      for (const field of fields) pushIntegers(field, all);
      const values = all.map(signed);
      return values.every(isExact) ? { type, value: values.map(Number) } : undefined;
    }
    case 'float':
      return { type, value: last ? float32Of(last.integer) : 0 };
    case 'floats': {
      const parts: Uint8Array[] = [];
      for (const field of fields) pushFixed(field, 4, parts);
      const bytes = concatBytes(parts);
      if (bytes.byteLength % 4 !== 0) throw new UserError('onnx/corrupt', 'a list of numbers breaks off');
      return { type, value: Array.from(new Float32Array(bytes.buffer)) };
    }
    case 'string':
      return isText(last) ? { type, value: last ? textOf(last) : '' } : undefined;
    case 'strings':
      return fields.every(isText) ? { type, value: fields.map(textOf) } : undefined;
    case 'tensor': {
      if (!last) return undefined;
      const outside = () => {
        throw new UserError('onnx/unsupported', 'the tensor of an attribute lies outside the model file');
      };
      const { constant } = decodeTensor(last.bytes, outside);
      return constant && !isExternal(constant) ? { type, value: constant } : undefined;
    }
    case 'graph':
      return last ? { type, value: decodeGraph(last.bytes) } : undefined;
    case 'graphs':
      return { type, value: fields.map((field) => decodeGraph(field.bytes)) };
  }
}

const isExact = (value: bigint): boolean => Number.isSafeInteger(Number(value));

/** Whether the bytes are text that comes back the same. A byte-order mark would be lost. */
function isText(field: Field | undefined): boolean {
  if (!field) return true;
  return Buffer.from(Buffer.from(field.bytes).toString('utf8'), 'utf8').equals(field.bytes) && field.bytes[0] !== 0xef;
}
