/**
 * Reverse-mode differentiation, graph to graph (Griewank & Walther 2008, ch. 3): one walk over the nodes in reverse,
 * each emitting its rule's nodes. The result is an ordinary graph, so it can be verified, lowered, run or
 * differentiated again.
 */
import { readAttributes } from './attributes.ts';
import { GraphBuilder, opOf } from './builder.ts';
import { type AnyValue, type Graph, isKnown, known, type Node, type Value } from './graph.ts';
import type { GradientContext, Op } from './op.ts';

export interface GradientOptions {
  /**
   * Names of values between which nothing is kept for the backward pass: what lies between two of them is computed
   * again from the earlier one (gradient checkpointing, Chen et al. 2016). In the order in which they are computed.
   */
  readonly checkpoints?: readonly string[];
  /**
   * Names of inputs, tables of which few rows are read, whose gradients at those rows are given out for the caller to add: the
   * rows' nodes need not copy the table.
   */
  readonly tables?: readonly string[];
}

/** What is still to be added to a table's gradient: `rows` [M, …] at `indices` int64 [M], both names of outputs. */
export interface SparseTerm {
  readonly table: string;
  readonly indices: string;
  readonly rows: string;
}

export interface GradientResult {
  /** The given graph with the gradients' nodes added; its outputs are followed by `gradient.<name>` for each name. */
  readonly graph: Graph;
  /** Name of a value -> name of the output that holds its gradient. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Terms of the tables' gradients that are not in them yet. */
  readonly sparse: readonly SparseTerm[];
}

/**
 * @param loss name of a value with exactly one element
 * @param wrt names of the inputs (or other values) to differentiate by
 * @throws Error where a node between them has no gradient rule
 */
export function gradient(
  graph: Graph,
  loss: string,
  wrt: readonly string[],
  options: GradientOptions = {},
): GradientResult {
  const g = new GraphBuilder(graph);
  const varying = reachable(graph, wrt);
  const saved = new SavedValues(g, graph, options.checkpoints ?? []);
  const pending = new Map<string, Value[]>();
  const add = (name: string, dy: Value) => pending.set(name, [...(pending.get(name) ?? []), dy]);
  const take = (name: string): Value | undefined => {
    const terms = pending.get(name);
    if (!terms) return undefined;
    const sum = terms.reduce((a, b) => g.add(a, b));
    pending.set(name, [sum]);
    return sum;
  };

  const tables = new Set(options.tables ?? []);
  const scattered: { table: string; indices: Value; rows: Value }[] = [];
  const scatter = (node: Node) => (k: number, indices: Value, rows: Value) => {
    const table = node.inputs[k]!.name;
    if (!tables.has(table)) return false;
    scattered.push({ table, indices, rows });
    return true;
  };

  const lossValue = findValue(graph, loss);
  if (!varying.has(loss)) throw new Error(`${loss} does not depend on ${wrt.join(', ')}`);
  add(loss, lossValue.shape.length === 0 ? g.like(1, lossValue) : g.expand(g.like(1, lossValue), lossValue.shape));

  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    const needs = node.inputs.map((x) => x !== undefined && varying.has(x.name));
    if (!needs.includes(true)) continue;
    const dys = node.outputs.map((y) => (y && varying.has(y.name) ? take(y.name) : undefined));
    if (dys.every((dy) => dy === undefined)) continue;
    saved.enter(
      i,
      dys.find((dy) => dy !== undefined),
    );
    const dxs = g.scoped(`grad.${node.name}`, () => differentiate(g, node, needs, dys, saved, scatter(node)));
    dxs.forEach((dx, k) => {
      if (dx && needs[k]) add(node.inputs[k]!.name, dx);
    });
  }

  const gradients = new Map<string, string>();
  for (const name of wrt) {
    const value = findValue(graph, name);
    const output = `gradient.${name}`;
    g.output(take(name) ?? g.zerosLike(value), output);
    gradients.set(name, output);
  }
  const sparse = scattered.map(({ table, indices, rows }, i) => {
    const term = { table, indices: `sparse.${i}.indices`, rows: `sparse.${i}.rows` };
    g.output(indices, term.indices);
    g.output(rows, term.rows);
    return term;
  });
  return { graph: g.build(), gradients, sparse };
}

function differentiate(
  g: GraphBuilder,
  node: Node,
  needs: readonly boolean[],
  dys: readonly (Value | undefined)[],
  saved: SavedValues,
  scatter: GradientContext<never>['scatter'],
): readonly (Value | undefined)[] {
  const op = opOf(node);
  if (!op?.grad) throw new Error(`${node.name}: the operator ${node.op} has no gradient rule`);
  const inputs = node.inputs.map((x) => x && saved.get(known(x)));
  return op.grad({
    g,
    attrs: readAttributes(op.attrs, node.attributes),
    inputs: inputs as Value[],
    outputs: node.outputs.map((y) => y && saved.recomputed(known(y))) as Value[],
    dys: dys as Value[],
    needs,
    constant: (k) => g.constantOf(node.inputs[k]),
    scatter,
  });
}

/** Values that depend on one of the given ones. */
function reachable(graph: Graph, from: readonly string[]): Set<string> {
  const varying = new Set(from);
  for (const node of graph.nodes) {
    if (!node.inputs.some((x) => x && varying.has(x.name))) continue;
    for (const y of node.outputs) {
      // Gradients flow through floating-point values only.
      if (y && isKnown(y) && /float/.test(y.dtype)) varying.add(y.name);
    }
  }
  return varying;
}

function findValue(graph: Graph, name: string): Value {
  const input = graph.inputs.find((x) => x.name === name);
  if (input) return known(input);
  for (const node of graph.nodes) for (const y of node.outputs) if (y?.name === name) return known(y);
  const constant = graph.constants.get(name);
  if (constant) return { name, dtype: constant.dtype, shape: constant.shape };
  throw new Error(`the graph has no value ${name}`);
}

/** What the backward pass reads of the forward pass: kept, or computed again where that was asked for or is cheap. */
class SavedValues {
  readonly #g: GraphBuilder;
  readonly #graph: Graph;
  readonly #producer = new Map<string, number>();
  readonly #checkpoints: readonly string[];
  /** Node index after which each segment begins. */
  readonly #starts: readonly number[];
  readonly #cheap = new Map<string, Value>();
  #segment = -1;
  #copies = new Map<string, AnyValue>();

  constructor(g: GraphBuilder, graph: Graph, checkpoints: readonly string[]) {
    this.#g = g;
    this.#graph = graph;
    graph.nodes.forEach((node, i) => {
      for (const y of node.outputs) if (y) this.#producer.set(y.name, i);
    });
    this.#checkpoints = checkpoints;
    this.#starts = checkpoints.map((name) => {
      const at = this.#producer.get(name) ?? (graph.inputs.some((x) => x.name === name) ? -1 : undefined);
      if (at === undefined) throw new Error(`the checkpoint ${name} is no value of the graph`);
      return at;
    });
  }

  /** The backward walk has come to this node; `dy` is a gradient that exists by now. */
  enter(nodeIndex: number, dy: Value | undefined): void {
    const segment = this.#segmentOf(nodeIndex);
    if (segment === this.#segment) return;
    this.#segment = segment;
    this.#copies = new Map();
    if (segment < 0 || !dy) return;
    const name = this.#checkpoints[segment];
    const x = known(this.#valueOf(name));
    // Tying the checkpoint to the incoming gradient keeps the runtime from recomputing early, while the forward
    // pass still holds everything, and from noticing that the two computations are the same.
    const flag = this.#g.constant({ dtype: 'bool', shape: [1], data: Uint8Array.of(1) });
    const tie = this.#sameShape(dy, x) ? dy : this.#g.mul(this.#g.reduceSum(dy, axesOf(dy)), this.#g.like(0, dy));
    const tied = this.#sameShape(dy, x) ? tie : this.#g.reshape(tie, []);
    this.#copies.set(name, this.#g.where(flag, x, tied));
  }

  #sameShape = (a: Value, b: Value): boolean =>
    a.shape.length === b.shape.length && a.shape.every((d, i) => d === b.shape[i]);

  /** The last segment is never recomputed: its values are read right after they were made. */
  #segmentOf(nodeIndex: number): number {
    for (let k = this.#starts.length - 2; k >= 0; k--) {
      if (nodeIndex > this.#starts[k] && nodeIndex <= this.#starts[k + 1]) return k;
    }
    return -1;
  }

  #valueOf(name: string): AnyValue {
    const at = this.#producer.get(name);
    const found =
      at === undefined
        ? this.#graph.inputs.find((x) => x.name === name)
        : this.#graph.nodes[at].outputs.find((y) => y?.name === name);
    if (!found) throw new Error(`the graph has no value ${name}`);
    return found;
  }

  /** The value as the backward pass should read it. */
  get(value: Value): Value {
    const at = this.#producer.get(value.name);
    if (at === undefined) return value;
    const node = this.#graph.nodes[at];
    const op = opOf(node);
    if (!op?.rematerialise) return this.recomputed(value);
    const cheap = this.#cheap.get(value.name) ?? this.#rematerialise(node, op, value);
    this.#cheap.set(value.name, cheap);
    return cheap;
  }

  #rematerialise(node: Node, op: Op, value: Value): Value {
    const made = op.rematerialise!({
      g: this.#g,
      attrs: readAttributes(op.attrs, node.attributes),
      inputs: node.inputs.map((x) => x && this.get(known(x))) as Value[],
      outputs: node.outputs.map((y) => y && this.recomputed(known(y))) as Value[],
    });
    return made[node.outputs.findIndex((y) => y?.name === value.name)] ?? this.recomputed(value);
  }

  /** The value itself, or its copy where the walk is inside a checkpointed segment that made it. */
  recomputed(value: Value): Value {
    if (this.#segment < 0) return value;
    return known(this.#copy(value));
  }

  #copy(value: AnyValue): AnyValue {
    const copy = this.#copies.get(value.name);
    if (copy) return copy;
    const at = this.#producer.get(value.name);
    if (at === undefined || this.#segmentOf(at) !== this.#segment) return value;
    const node = this.#graph.nodes[at];
    const outputs = this.#g.repeat(
      node,
      node.inputs.map((x) => x && this.#copy(x)),
    );
    node.outputs.forEach((y, i) => {
      if (y && outputs[i]) this.#copies.set(y.name, outputs[i]);
    });
    return this.#copies.get(value.name)!;
  }
}

const axesOf = (x: Value): number[] => x.shape.map((_, i) => i);
