/** The bytes of an ONNX ModelProto to our graph. What ours has no place for is kept encoded, so that nothing is lost. */
import { UserError } from '../contract/errors.ts';
import type { Attribute } from '../tensor/attributes.ts';
import type { AnyValue, Constant, Graph, Node } from '../tensor/graph.ts';
import { decodeAttribute } from './decode-attribute.ts';
import { decodeEntry, decodeTensor, type FindPlace } from './decode-tensor.ts';
import { decodeValue } from './decode-value.ts';
import * as P from './fields.ts';
import { concatBytes, fieldsOf, textOf, wholeOf } from './wire.ts';

export interface OnnxModel {
  readonly graph: Graph;
  readonly irVersion: number;
  /** Encoded fields of ModelProto besides graph, versions and metadata: local functions, producer, training information. */
  readonly foreign: Uint8Array;
}

/** Graphs in graphs deeper than this are an attack or an accident. */
const DEEPEST = 32;
const MOST_NEWER_IR = 64;

/**
 * @param find where tensors outside the file lie
 * @throws UserError onnx/corrupt, onnx/unsupported, and what `find` throws
 */
export function decodeModel(bytes: Uint8Array, find: FindPlace = refuseExternal): OnnxModel {
  const opsets: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  const foreign: Uint8Array[] = [];
  let irVersion = 0;
  let graph: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.MODEL.irVersion) irVersion = wholeOf(field.integer);
    else if (field.number === P.MODEL.graph) graph = field.bytes;
    else if (field.number === P.MODEL.opsetImport) {
      const { domain, version } = decodeOpset(field.bytes);
      opsets[domain] = Math.max(version, opsets[domain] ?? 0);
    } else if (field.number === P.MODEL.metadata) {
      const [key, value] = decodeEntry(field);
      metadata[key] = value;
    } else foreign.push(field.encoded);
  }
  if (!graph || irVersion < 1 || irVersion > MOST_NEWER_IR || Object.keys(opsets).length === 0)
    throw new UserError('onnx/corrupt', 'this is not an ONNX model');
  const decoder = new GraphDecoder(find, opsets);
  return {
    graph: Object.freeze({ ...decoder.decode(graph, new Map(), 0), metadata }),
    irVersion,
    foreign: concatBytes(foreign),
  };
}

const refuseExternal: FindPlace = ({ location }) => {
  throw new UserError('weights/missing', `the model keeps tensors in ${location}, which was not given`);
};

function decodeOpset(bytes: Uint8Array): { domain: string; version: number } {
  let domain = '';
  let version = 0;
  for (const field of fieldsOf(bytes)) {
    if (field.number === P.OPSET.domain) domain = textOf(field);
    else if (field.number === P.OPSET.version) version = wholeOf(field.integer);
  }
  return { domain: standard(domain), version };
}

/** Two names of the standard domain. */
const standard = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

type Scope = ReadonlyMap<string, AnyValue>;

class GraphDecoder {
  readonly #find: FindPlace;
  readonly #opsets: Readonly<Record<string, number>>;
  readonly #nodeNames = new Set<string>();

  constructor(find: FindPlace, opsets: Readonly<Record<string, number>>) {
    this.#find = find;
    this.#opsets = opsets;
  }

  /** @param outer values of the graphs around this one */
  decode(bytes: Uint8Array, outer: Scope, depth: number): Graph {
    if (depth > DEEPEST) throw new UserError('onnx/corrupt', `graphs are nested more than ${DEEPEST} deep`);
    let name = '';
    const nodes: Uint8Array[] = [];
    const inputs: AnyValue[] = [];
    const outputs: AnyValue[] = [];
    const scope = new Map(outer);
    const constants = new Map<string, Constant>();
    const foreignValues: string[] = [];
    const foreignFields: Uint8Array[] = [];
    for (const field of fieldsOf(bytes)) {
      switch (field.number) {
        case P.GRAPH.name:
          name = textOf(field);
          break;
        case P.GRAPH.node:
          nodes.push(field.bytes);
          break;
        case P.GRAPH.input:
          inputs.push(decodeValue(field.bytes));
          break;
        case P.GRAPH.output:
          outputs.push(decodeValue(field.bytes));
          break;
        case P.GRAPH.valueInfo: {
          const value = decodeValue(field.bytes);
          scope.set(value.name, value);
          break;
        }
        case P.GRAPH.initializer: {
          const { name: tensor, constant } = decodeTensor(field.bytes, this.#find);
          if (constant) constants.set(tensor, constant);
          else {
            foreignValues.push(tensor);
            foreignFields.push(field.encoded);
          }
          break;
        }
        case P.GRAPH.sparse:
          foreignValues.push(sparseName(field.bytes));
          foreignFields.push(field.encoded);
          break;
        default:
          foreignFields.push(field.encoded);
      }
    }
    for (const value of [...inputs, ...outputs]) scope.set(value.name, value);
    for (const [tensor, { dtype, shape }] of constants) scope.set(tensor, { name: tensor, dtype, shape });
    const fields = concatBytes(foreignFields);
    return Object.freeze({
      name,
      inputs,
      outputs,
      nodes: nodes.map((node) => this.#node(node, scope, depth)),
      constants,
      opsets: this.#opsets,
      metadata: {},
      ...(fields.length > 0 ? { foreign: { values: foreignValues, fields } } : {}),
    });
  }

  #node(bytes: Uint8Array, scope: Map<string, AnyValue>, depth: number): Node {
    let name = '';
    let op = '';
    let domain = '';
    const inputs: string[] = [];
    const outputs: string[] = [];
    const encoded: Uint8Array[] = [];
    const foreign: Uint8Array[] = [];
    for (const field of fieldsOf(bytes)) {
      if (field.number === P.NODE.input) inputs.push(textOf(field));
      else if (field.number === P.NODE.output) outputs.push(textOf(field));
      else if (field.number === P.NODE.name) name = textOf(field);
      else if (field.number === P.NODE.opType) op = textOf(field);
      else if (field.number === P.NODE.domain) domain = standard(textOf(field));
      else if (field.number === P.NODE.attribute) encoded.push(field.bytes);
      else foreign.push(field.encoded);
    }
    const attributes: Record<string, Attribute> = {};
    for (const attributeBytes of encoded) {
      const { name: key, attribute } = decodeAttribute(attributeBytes, (graph) => this.decode(graph, scope, depth + 1));
      attributes[key] = attribute;
    }
    const value = (x: string): AnyValue | undefined =>
      x === '' ? undefined : (scope.get(x) ?? { name: x, dtype: 'unknown', shape: undefined });
    return Object.freeze({
      name: this.#unique(name, op),
      op,
      domain,
      inputs: inputs.map(value),
      outputs: outputs.map(value),
      attributes,
      ...(foreign.length > 0 ? { foreign: concatBytes(foreign) } : {}),
    });
  }

  /** Exporters leave nodes unnamed, or give one name to several; ours tell nodes apart by their names. */
  #unique(name: string, op: string): string {
    let unique = name || op;
    for (let i = 1; this.#nodeNames.has(unique); i++) unique = `${name || op}_${this.#nodeNames.size + i}`;
    this.#nodeNames.add(unique);
    return unique;
  }
}

function sparseName(bytes: Uint8Array): string {
  for (const field of fieldsOf(bytes)) {
    if (field.number !== P.SPARSE.values) continue;
    for (const inner of fieldsOf(field.bytes)) if (inner.number === P.TENSOR.name) return textOf(inner);
  }
  throw new UserError('onnx/corrupt', 'a sparse tensor has no name');
}
