/** Builds a graph node by node, inferring each type as it goes. The only place where nodes are made. */

import { readAttributes, tagAttributes } from './attributes.ts';
import { CAST_CODES } from './cast-codes.ts';
import { type Dim, divideDims, elements, type Shape } from './dims.ts';
import { type DType, TYPED_ARRAYS } from './dtype.ts';
import {
  type AnyValue,
  type Constant,
  type Graph,
  isConcrete,
  isExternal,
  type Node,
  OPSETS,
  type TensorType,
  type Value,
} from './graph.ts';
import type { Op } from './op.ts';
import { findOp, OPS } from './ops/index.ts';
import { sizeOf, type Tensor, tensor } from './tensor.ts';

export interface ApplyOptions {
  /** How many outputs the node has; default 1. */
  readonly outputs?: number;
  /** Overrides the shape rule where the caller knows more (a reshape to symbolic dimensions). */
  readonly types?: readonly TensorType[];
  readonly name?: string;
}

/** Constants up to this many elements are shared when equal. */
const INTERN_LIMIT = 4096;

export class GraphBuilder {
  readonly #inputs: AnyValue[] = [];
  readonly #outputs: AnyValue[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #interned = new Map<string, Value>();
  readonly #names = new Set<string>();
  readonly #counters = new Map<string, number>();
  readonly #base: Graph | undefined;
  #scope = '';

  /**
   * Starts empty, or from a finished graph whose nodes, inputs and outputs are kept. A pass that writes every node anew
   * asks for `nodes: false`: then the inputs, the constants and all names are kept, nodes and outputs are not.
   */
  constructor(base?: Graph, options: { readonly nodes?: boolean } = {}) {
    this.#base = base;
    if (!base) return;
    this.#inputs.push(...base.inputs);
    if (options.nodes !== false) {
      this.#outputs.push(...base.outputs);
      this.#nodes.push(...base.nodes);
    }
    for (const [name, constant] of base.constants) this.#constants.set(name, constant);
    for (const name of namesOf(base)) this.#names.add(name);
  }

  /** Nodes made inside carry this path in their names, which the profiler shows. */
  scoped<T>(name: string, work: () => T): T {
    const outer = this.#scope;
    this.#scope = outer ? `${outer}.${name}` : name;
    try {
      return work();
    } finally {
      this.#scope = outer;
    }
  }

  /** A name no value or node has yet. */
  unique(stem: string): string {
    const path = this.#scope ? `${this.#scope}.${stem}` : stem;
    let name: string;
    do {
      const n = this.#counters.get(path) ?? 0;
      this.#counters.set(path, n + 1);
      name = `${path}_${n}`;
    } while (this.#names.has(name));
    this.#names.add(name);
    return name;
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    this.#claim(name);
    const value: Value = Object.freeze({ name, dtype, shape: Object.freeze([...shape]) });
    this.#inputs.push(value);
    return value;
  }

  /** A constant; small ones that are equal become one. */
  constant(data: Tensor, name?: string): Value {
    const key =
      name === undefined && sizeOf(data.shape) <= INTERN_LIMIT
        ? `${data.dtype}[${data.shape}]${Array.from(data.data as Uint8Array).join()}`
        : undefined;
    const interned = key === undefined ? undefined : this.#interned.get(key);
    if (interned) return interned;
    if (name !== undefined) this.#claim(name);
    const value: Value = Object.freeze({ name: name ?? this.unique('constant'), dtype: data.dtype, shape: data.shape });
    this.#constants.set(value.name, data);
    if (key !== undefined) this.#interned.set(key, value);
    return value;
  }

  /** A constant by name, which may stay in its file; asking twice gives the same one. */
  refer(name: string, constant: Constant): Value {
    if (!this.#constants.has(name)) {
      this.#claim(name);
      this.#constants.set(name, constant);
    }
    return Object.freeze({ name, dtype: constant.dtype, shape: constant.shape });
  }

  scalar(value: number, dtype: DType = 'float32'): Value {
    return this.#numbers(dtype, [], [value]);
  }

  int64s(values: readonly number[]): Value {
    return this.#numbers('int64', [values.length], values);
  }

  #numbers(dtype: DType, shape: readonly number[], values: readonly number[]): Value {
    const Kind = TYPED_ARRAYS[dtype];
    if (dtype === 'float16' || dtype === 'bfloat16') throw new Error(`cast a float32 constant to ${dtype} instead`);
    const data = new Kind(values.length);
    for (let i = 0; i < values.length; i++) data[i] = data instanceof BigInt64Array ? BigInt(values[i]) : values[i];
    return this.constant(tensor(dtype, shape, data));
  }

  /** The tensor of a constant that is in memory. */
  constantOf(value: AnyValue | undefined): Tensor | undefined {
    const constant = value && this.#constants.get(value.name);
    return constant && !isExternal(constant) ? constant : undefined;
  }

  /** Adds one node. Attributes are plain values, named as ONNX names them. */
  apply(
    type: string | Op,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, unknown>> = {},
    options: ApplyOptions = {},
  ): Value[] {
    const op: Op = typeof type === 'string' ? OPS[type] : type;
    if (!op) throw new Error(`there is no operator ${type}`);
    const count = options.outputs ?? 1;
    const tagged = tagAttributes(op.attrs, attributes);
    const attrs = readAttributes(op.attrs, tagged);
    const constant = (i: number) => this.constantOf(inputs[i]);
    const types = options.types ?? op.shape({ inputs: inputs as readonly Value[], attrs, constant, outputs: count });
    if (types.length < count) throw new Error(`${op.type} has ${types.length} outputs, not ${count}`);
    const name = options.name ?? this.unique(op.type);
    const outputs = types.slice(0, count).map((t, i) =>
      Object.freeze({
        name: i === 0 && options.name === undefined ? name : this.unique(`${op.type}.${i}`),
        dtype: t.dtype,
        shape: Object.freeze([...t.shape]),
      }),
    );
    this.append({ name, op: op.type, domain: op.domain, inputs, outputs, attributes: tagged });
    return outputs;
  }

  /** One-output form of `apply`. */
  op(
    type: string | Op,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, unknown>> = {},
    options: ApplyOptions = {},
  ): Value {
    return this.apply(type, inputs, attributes, options)[0];
  }

  /** Adds a finished node as it is, for passes that rewrite graphs. */
  append(node: Node): void {
    for (const output of node.outputs) if (output) this.#names.add(output.name);
    this.#names.add(node.name);
    this.#nodes.push(Object.freeze(node));
  }

  /** Repeats a node on other inputs; its outputs get new names and keep their types. */
  repeat(node: Node, inputs: readonly (AnyValue | undefined)[]): (AnyValue | undefined)[] {
    const outputs = node.outputs.map((o) => o && Object.freeze({ ...o, name: this.unique(o.name) }));
    this.append({ ...node, name: this.unique(node.name), inputs, outputs });
    return outputs;
  }

  output(value: AnyValue, name?: string): void {
    this.#outputs.push(name === undefined || name === value.name ? value : this.#renamed(value as Value, name));
  }

  #renamed(value: Value, name: string): Value {
    this.#names.add(name);
    const output: Value = Object.freeze({ name, dtype: value.dtype, shape: value.shape });
    const node = this.unique('Identity');
    this.append({ name: node, op: 'Identity', domain: '', inputs: [value], outputs: [output], attributes: {} });
    return output;
  }

  #claim(name: string): void {
    if (this.#names.has(name)) throw new Error(`the name ${name} is taken`);
    this.#names.add(name);
  }

  /** The graph so far, without what no output needs. */
  build(name = this.#base?.name ?? 'graph'): Graph {
    return prune({
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      constants: this.#constants,
      opsets: this.#base ? { ...OPSETS, ...this.#base.opsets } : OPSETS,
      metadata: this.#base?.metadata ?? {},
      ...(this.#base?.foreign ? { foreign: this.#base.foreign } : {}),
    });
  }

  // ---- what rules and models are written with ------------------------------------------------------------------

  add = (x: Value, y: Value): Value => this.op('Add', [x, y]);
  sub = (x: Value, y: Value): Value => this.op('Sub', [x, y]);
  mul = (x: Value, y: Value): Value => this.op('Mul', [x, y]);
  div = (x: Value, y: Value): Value => this.op('Div', [x, y]);
  neg = (x: Value): Value => this.op('Neg', [x]);
  exp = (x: Value): Value => this.op('Exp', [x]);
  log = (x: Value): Value => this.op('Log', [x]);
  sqrt = (x: Value): Value => this.op('Sqrt', [x]);
  reciprocal = (x: Value): Value => this.op('Reciprocal', [x]);
  tanh = (x: Value): Value => this.op('Tanh', [x]);
  sigmoid = (x: Value): Value => this.op('Sigmoid', [x]);
  identity = (x: Value): Value => this.op('Identity', [x]);
  where = (condition: Value, x: Value, y: Value): Value => this.op('Where', [condition, x, y]);
  scale = (x: Value, factor: number): Value => (factor === 1 ? x : this.mul(x, this.like(factor, x)));

  /** A scalar constant of x's type (through a cast where constants can't be written in that type). */
  like(value: number, x: Value): Value {
    if (x.dtype === 'float16' || x.dtype === 'bfloat16') return this.cast(this.scalar(value), x.dtype);
    return this.scalar(value, x.dtype);
  }

  cast = (x: Value, dtype: DType): Value => (x.dtype === dtype ? x : this.op('Cast', [x], { to: CAST_CODES[dtype] }));

  /** Matrix product of the last two axes; `transX` and `transY` transpose them first, `alpha` multiplies the result. */
  matmul(x: Value, y: Value, options: { transX?: boolean; transY?: boolean; alpha?: number } = {}): Value {
    const { transX = false, transY = false, alpha = 1 } = options;
    if (!transX && !transY && alpha === 1) return this.op('MatMul', [x, y]);
    return this.op('FusedMatMul', [x, y], { transA: Number(transX), transB: Number(transY), alpha });
  }

  transpose = (x: Value, permutation: readonly number[]): Value => this.op('Transpose', [x], { perm: permutation });

  /** To the given shape; symbolic dimensions are copied, inferred (one) or computed, whichever the graph allows. */
  reshape(x: Value, shape: Shape): Value {
    const types = [{ dtype: x.dtype, shape }];
    return this.op('Reshape', [x, this.#reshapeTarget(x, shape)], {}, { types });
  }

  #reshapeTarget(x: Value, shape: Shape): Value {
    if (isConcrete(shape)) return this.int64s(shape);
    const target = shape.map((d, i) => (typeof d === 'number' ? d : d === x.shape[i] ? 0 : undefined));
    const unknown = target.filter((d) => d === undefined).length;
    if (unknown === 0) return this.int64s(target as number[]);
    if (unknown === 1) {
      const rest = elements(shape.filter((_, i) => target[i] !== undefined));
      const missing = shape[target.indexOf(undefined)];
      if (divideDims(elements(x.shape), rest) === missing || elements(x.shape) === elements(shape)) {
        return this.int64s(target.map((d) => d ?? -1));
      }
    }
    return this.shapeValue(shape);
  }

  /** A vector of int64 holding the shape at run time; every symbol must be a dimension of a graph input. */
  shapeValue(shape: Shape): Value {
    if (isConcrete(shape)) return this.int64s(shape);
    const parts = shape.map((d) => (typeof d === 'number' ? this.int64s([d]) : this.dimValue(d)));
    return parts.length === 1 ? parts[0] : this.op('Concat', parts, { axis: 0 });
  }

  /** A dimension at run time, as a vector of one int64. */
  dimValue(dim: Dim): Value {
    if (typeof dim === 'number') return this.int64s([dim]);
    for (const input of this.#inputs) {
      const axis = input.shape?.indexOf(dim) ?? -1;
      if (axis >= 0) return this.op('Shape', [input as Value], { start: axis, end: axis + 1 });
    }
    const terms = dim.split(/(?=[+-])/);
    if (terms.length > 1) {
      return terms.map((t) => this.#signed(t)).reduce((a, b) => this.add(a, b));
    }
    const factors = dim.split('*');
    if (factors.length < 2) throw new Error(`no graph input has the dimension ${dim}`);
    return factors
      .map((f) => (/^\d+$/.test(f) ? this.int64s([Number(f)]) : this.dimValue(f)))
      .reduce((a, b) => this.mul(a, b));
  }

  #signed(term: string): Value {
    const negative = term.startsWith('-');
    const text = term.replace(/^[+-]/, '');
    const value = /^\d+$/.test(text) ? this.int64s([Number(text)]) : this.dimValue(text);
    return negative ? this.neg(value) : value;
  }

  expand = (x: Value, shape: Shape): Value =>
    this.op('Expand', [x, this.shapeValue(shape)], {}, { types: [{ dtype: x.dtype, shape }] });

  reduceSum = (x: Value, axes: readonly number[], keepdims = true): Value =>
    this.op('ReduceSum', [x, this.int64s(axes)], { keepdims: Number(keepdims) });
  reduceMean = (x: Value, axes: readonly number[], keepdims = true): Value =>
    this.op('ReduceMean', [x, this.int64s(axes)], { keepdims: Number(keepdims) });
  reduceMax = (x: Value, axes: readonly number[], keepdims = true): Value =>
    this.op('ReduceMax', [x, this.int64s(axes)], { keepdims: Number(keepdims) });
  softmax = (x: Value, axis = -1): Value => this.op('Softmax', [x], { axis });
  gather = (x: Value, indices: Value, axis = 0): Value => this.op('Gather', [x, indices], { axis });
  concat = (xs: readonly Value[], axis: number): Value => this.op('Concat', xs, { axis });
  split = (x: Value, sizes: readonly number[], axis: number): Value[] =>
    this.apply('Split', [x, this.int64s(sizes)], { axis }, { outputs: sizes.length });
  slice = (x: Value, axis: number, begin: number, end: number): Value =>
    this.op('Slice', [x, this.int64s([begin]), this.int64s([end]), this.int64s([axis])]);
  unsqueeze = (x: Value, axes: readonly number[]): Value => this.op('Unsqueeze', [x, this.int64s(axes)]);
  squeeze = (x: Value, axes: readonly number[]): Value => this.op('Squeeze', [x, this.int64s(axes)]);

  /** Sums a gradient back over the axes along which its value was broadcast. */
  unbroadcast(dy: Value, shape: Shape): Value {
    const extra = dy.shape.length - shape.length;
    const leading = Array.from({ length: extra }, (_, i) => i);
    const inner = shape.flatMap((d, i) => (d === 1 && dy.shape[i + extra] !== 1 ? [i + extra] : []));
    if (leading.length + inner.length === 0) return dy;
    const summed = this.reduceSum(dy, [...leading, ...inner], extra === 0);
    return extra === 0 || inner.length === 0 ? summed : this.reshape(summed, shape);
  }

  /** All zeros, shaped like x. */
  zerosLike(x: Value): Value {
    return this.expand(this.like(0, x), x.shape);
  }
}

function* namesOf(graph: Graph): Generator<string> {
  for (const value of [...graph.inputs, ...graph.outputs]) yield value.name;
  yield* graph.constants.keys();
  yield* graph.foreign?.values ?? [];
  for (const node of graph.nodes) {
    yield node.name;
    for (const output of node.outputs) if (output) yield output.name;
  }
}

/** Values that subgraphs of a node read from outside. */
export function outerReads(node: Node): string[] {
  const names: string[] = [];
  for (const attribute of Object.values(node.attributes)) {
    const graphs = attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
    for (const graph of graphs) {
      for (const inner of graph.nodes) {
        for (const input of inner.inputs) if (input) names.push(input.name);
        names.push(...outerReads(inner));
      }
      names.push(...graph.outputs.map((o) => o.name));
    }
  }
  return names;
}

/** Drops the nodes and constants that no output needs. Inputs stay: they are the program's signature. */
export function prune(graph: Graph): Graph {
  const wanted = new Set(graph.outputs.map((o) => o.name));
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!node.outputs.some((o) => o && wanted.has(o.name))) continue;
    kept.push(node);
    for (const input of node.inputs) if (input) wanted.add(input.name);
    for (const name of outerReads(node)) wanted.add(name);
  }
  const constants = new Map([...graph.constants].filter(([name]) => wanted.has(name)));
  return Object.freeze({ ...graph, nodes: Object.freeze(kept.reverse()), constants });
}

/** The rules of a node's operator, where we know it. */
export const opOf = (node: Node): Op | undefined => findOp(node.op, node.domain);
