/** Graph to the bytes of an ONNX ModelProto. The wire format is @bufbuild/protobuf's; the fields are onnx.proto's. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Attribute } from '../tensor/attributes.ts';
import { CAST_CODES } from '../tensor/cast-codes.ts';
import type { DType } from '../tensor/dtype.ts';
import {
  type AnyValue,
  type Constant,
  type ExternalTensor,
  type Graph,
  isExternal,
  type Node,
} from '../tensor/graph.ts';
import { LATHE } from '../tensor/op.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as P from './fields.ts';

/** Weights that one protobuf message, which holds 2 GB, has room for beside its graph: a model in memory, or a file with them inside. */
export const MESSAGE_BYTES = 1.9e9;

/** Where a constant lies outside the model file, as the model states it. */
export interface DataLocation {
  /** Relative to the model's folder (or, for models that are only in memory, to the folder the session is given). */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface EncodeOptions {
  /**
   * ONNX Runtime walks depth-first from the last leaf; with the nodes written in reverse it follows the order in which
   * they were emitted, which keeps a training graph's memory low (measured). Default forward, as the standard says.
   */
  readonly order?: 'forward' | 'reversed';
  /** Places a constant outside the file; undefined keeps it inside. Constants that are in files must be placed. */
  readonly place?: (name: string, constant: Constant) => DataLocation | undefined;
  readonly irVersion?: number;
  /** Encoded fields of ModelProto that an imported model brought along, instead of our name as producer. */
  readonly foreign?: Uint8Array;
  /** Also writes the types of values inside the graph, for readers that cannot infer them. */
  readonly valueTypes?: boolean;
}

/** @throws Error where a `lathe` operator was not lowered, or a constant in a file has no place */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  const w = new BinaryWriter();
  w.tag(P.MODEL.irVersion, P.WIRE.varint).int64(options.irVersion ?? 10);
  if (options.foreign) w.raw(options.foreign);
  else w.tag(P.MODEL.producerName, P.WIRE.bytes).string('lathe');
  message(w, P.MODEL.graph, () => writeGraph(w, graph, options));
  for (const [domain, version] of Object.entries(graph.opsets)) {
    message(w, P.MODEL.opsetImport, () => {
      w.tag(P.OPSET.domain, P.WIRE.bytes).string(domain);
      w.tag(P.OPSET.version, P.WIRE.varint).int64(version);
    });
  }
  for (const [key, value] of Object.entries(graph.metadata)) entry(w, P.MODEL.metadata, key, value);
  return w.finish();
}

function message(w: BinaryWriter, field: number, body: () => void): void {
  w.tag(field, P.WIRE.bytes).fork();
  body();
  w.join();
}

function entry(w: BinaryWriter, field: number, key: string, value: string): void {
  message(w, field, () => {
    w.tag(P.ENTRY.key, P.WIRE.bytes).string(key);
    w.tag(P.ENTRY.value, P.WIRE.bytes).string(value);
  });
}

function writeGraph(w: BinaryWriter, graph: Graph, options: EncodeOptions): void {
  const nodes = options.order === 'reversed' ? [...graph.nodes].reverse() : graph.nodes;
  for (const node of nodes) message(w, P.GRAPH.node, () => writeNode(w, node, options));
  w.tag(P.GRAPH.name, P.WIRE.bytes).string(graph.name);
  for (const [name, constant] of graph.constants) {
    message(w, P.GRAPH.initializer, () => writeConstant(w, name, constant, options.place?.(name, constant)));
  }
  for (const value of graph.inputs) message(w, P.GRAPH.input, () => writeValueInfo(w, value));
  for (const value of graph.outputs) message(w, P.GRAPH.output, () => writeValueInfo(w, value));
  if (options.valueTypes) {
    for (const value of innerValues(graph)) message(w, P.GRAPH.valueInfo, () => writeValueInfo(w, value));
  }
  if (graph.foreign) w.raw(graph.foreign.fields);
}

/** Values that nodes make and of which something is known, outputs of the graph left out. */
function innerValues(graph: Graph): AnyValue[] {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return graph.nodes.flatMap(({ outputs: made }) =>
    made.flatMap((y) => (y && !outputs.has(y.name) && (y.dtype !== 'unknown' || y.foreignType) ? [y] : [])),
  );
}

function writeNode(w: BinaryWriter, node: Node, options: EncodeOptions): void {
  if (node.domain === LATHE) throw new Error(`${node.name}: ${node.op} must be lowered before it is written`);
  for (const x of node.inputs) w.tag(P.NODE.input, P.WIRE.bytes).string(x?.name ?? '');
  for (const y of node.outputs) w.tag(P.NODE.output, P.WIRE.bytes).string(y?.name ?? '');
  w.tag(P.NODE.name, P.WIRE.bytes).string(node.name);
  w.tag(P.NODE.opType, P.WIRE.bytes).string(node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, P.NODE.attribute, () => writeAttribute(w, name, attribute, options));
  }
  if (node.domain !== '') w.tag(P.NODE.domain, P.WIRE.bytes).string(node.domain);
  if (node.foreign) w.raw(node.foreign);
}

function writeAttribute(w: BinaryWriter, name: string, attribute: Attribute, options: EncodeOptions): void {
  if (attribute.type === 'raw') {
    w.raw(attribute.value);
    return;
  }
  w.tag(P.ATTRIBUTE.name, P.WIRE.bytes).string(name);
  w.tag(P.ATTRIBUTE.type, P.WIRE.varint).int32(P.ATTRIBUTE_TYPES[attribute.type]);
  const field = P.ATTRIBUTE[attribute.type];
  switch (attribute.type) {
    case 'int':
      w.tag(field, P.WIRE.varint).int64(attribute.value);
      break;
    case 'float':
      w.tag(field, P.WIRE.fixed32).float(attribute.value);
      break;
    case 'string':
      w.tag(field, P.WIRE.bytes).string(attribute.value);
      break;
    case 'ints':
      for (const v of attribute.value) w.tag(field, P.WIRE.varint).int64(v);
      break;
    case 'floats':
      for (const v of attribute.value) w.tag(field, P.WIRE.fixed32).float(v);
      break;
    case 'strings':
      for (const v of attribute.value) w.tag(field, P.WIRE.bytes).string(v);
      break;
    case 'tensor':
      message(w, field, () => writeConstant(w, '', attribute.value, undefined));
      break;
    case 'graph':
      message(w, field, () => writeGraph(w, attribute.value, options));
      break;
    case 'graphs':
      for (const g of attribute.value) message(w, field, () => writeGraph(w, g, options));
      break;
  }
}

function writeConstant(w: BinaryWriter, name: string, constant: Constant, place: DataLocation | undefined): void {
  for (const d of constant.shape) w.tag(P.TENSOR.dims, P.WIRE.varint).int64(d);
  w.tag(P.TENSOR.dataType, P.WIRE.varint).int32(CAST_CODES[constant.dtype]);
  if (name !== '') w.tag(P.TENSOR.name, P.WIRE.bytes).string(name);
  if (place) {
    entry(w, P.TENSOR.externalData, 'location', place.location);
    entry(w, P.TENSOR.externalData, 'offset', String(place.offset));
    entry(w, P.TENSOR.externalData, 'length', String(place.length));
    w.tag(P.TENSOR.dataLocation, P.WIRE.varint).int32(1);
    return;
  }
  if (isExternal(constant)) throw new Error(`${name} is in ${constant.file} and has no place in the model`);
  w.tag(P.TENSOR.rawData, P.WIRE.bytes).bytes(bytesOf(constant));
}

export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function elementCode(dtype: DType): number {
  return CAST_CODES[dtype];
}

function writeValueInfo(w: BinaryWriter, value: AnyValue): void {
  w.tag(P.VALUE_INFO.name, P.WIRE.bytes).string(value.name);
  if (value.foreignType) {
    w.tag(P.VALUE_INFO.type, P.WIRE.bytes).bytes(value.foreignType);
    return;
  }
  if (value.dtype === 'unknown') return;
  const code = value.dtype === 'string' ? 8 : CAST_CODES[value.dtype];
  message(w, P.VALUE_INFO.type, () =>
    message(w, P.TYPE.tensor, () => {
      w.tag(P.TENSOR_TYPE.elementType, P.WIRE.varint).int32(code);
      const { shape } = value;
      if (!shape) return;
      message(w, P.TENSOR_TYPE.shape, () => {
        for (const d of shape) message(w, P.SHAPE.dim, () => writeDim(w, d));
      });
    }),
  );
}

function writeDim(w: BinaryWriter, dim: number | string): void {
  if (typeof dim === 'number') w.tag(P.DIMENSION.value, P.WIRE.varint).int64(dim);
  else w.tag(P.DIMENSION.param, P.WIRE.bytes).string(dim);
}

/** Refers to constants in the files they lie in, all of which must be in one folder. */
export function placeInFiles(folder: string): (name: string, constant: Constant) => DataLocation | undefined {
  return (_name, constant) => (isExternal(constant) ? relativePlace(folder, constant) : undefined);
}

function relativePlace(folder: string, { file, offset, byteLength }: ExternalTensor): DataLocation {
  const prefix = folder.endsWith('/') || folder.endsWith('\\') ? folder : `${folder}/`;
  if (!file.startsWith(prefix)) throw new Error(`${file} is not in ${folder}`);
  return { location: file.slice(prefix.length), offset, length: byteLength };
}
