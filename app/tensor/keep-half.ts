/**
 * Holds what the forward pass leaves for the backward pass in half precision: half the memory of activations, a rounding of
 * 0.05% in what gradients are computed from. The forward pass itself is unchanged.
 */
import { GraphBuilder } from './builder.ts';
import { type AnyValue, type Graph, isKnown, known, type Node, type Value } from './graph.ts';

/** Largest finite value of float16. */
const LARGEST = 65504;
const NORMS = /LayerNormalization$/;

/** Values of many rows; what norms read (the sums that run through all layers, which may be huge) stays as it is. */
function isHalved(value: AnyValue, readers: readonly Node[]): value is Value {
  if (!isKnown(value) || value.dtype !== 'float32') return false;
  const width = value.shape.at(-1);
  const large = value.shape.some((d) => typeof d === 'string') && typeof width === 'number' && width >= 32;
  return large && !readers.some(({ op }) => NORMS.test(op));
}

/**
 * Norms whose backward pass reads their input x only as x times its inverse root mean square: that product is about 1 in size
 * whatever x is, so its half can be kept in the place of x. Name of x -> that of the inverse.
 */
function normedInputs(forward: readonly Node[], backward: readonly Node[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { op, inputs, outputs } of forward) {
    const [x, inverse] = [inputs[0], outputs[1]];
    if (op === 'SimplifiedLayerNormalization' && x && inverse) found.set(x.name, inverse.name);
  }
  for (const node of backward) {
    for (const x of node.inputs) if (x && found.has(x.name) && !isNormed(node, found)) found.delete(x.name);
  }
  return found;
}

const isNormed = ({ op, inputs: [x, inverse] }: Node, norms: ReadonlyMap<string, string>): boolean =>
  op === 'Mul' && x !== undefined && inverse !== undefined && norms.get(x.name) === inverse.name;

/**
 * One zero that is made of a value. The runtime computes what is needed next: only if the forward pass seems to need the half is
 * it made at once, and the whole let go of.
 */
function nothingOf(g: GraphBuilder, half: Value): Value {
  const axes = half.shape.map((_, i) => i);
  const inputs = [half, g.int64s(axes.map(() => 0)), g.int64s(axes.map(() => 1)), g.int64s(axes)];
  const first = g.op('Slice', inputs, {}, { types: [{ dtype: half.dtype, shape: axes.map(() => 1) }] });
  return g.scale(g.cast(first, 'float32'), 0);
}

/**
 * @param graph lowered, forward nodes before backward ones
 * @param isBackward whether a node belongs to the backward pass; the first that does begins it
 */
export function keepHalf(graph: Graph, isBackward: (node: Node) => boolean): Graph {
  const begin = graph.nodes.findIndex(isBackward);
  if (begin < 0) return graph;
  const forward = graph.nodes.slice(0, begin);
  const backward = graph.nodes.slice(begin);
  const readers = new Map<string, Node[]>();
  for (const node of forward)
    for (const x of node.inputs) if (x) readers.set(x.name, [...(readers.get(x.name) ?? []), node]);
  const readLater = new Set(backward.flatMap(({ inputs }) => inputs.flatMap((x) => (x ? [x.name] : []))));
  const norms = normedInputs(forward, backward);
  /** Halves of normed inputs, by the name of the input. */
  const normed = new Map<string, Value>();
  const g = new GraphBuilder(graph, { nodes: false });
  const halves = new Map<string, Value>();
  const passed = new Map<string, Value>();
  const current = (x: AnyValue | undefined) => x && (passed.get(x.name) ?? x);
  for (const node of forward) {
    g.append({ ...node, inputs: node.inputs.map(current) });
    const [x] = node.inputs;
    if (x && readLater.has(x.name) && node.outputs[1] && norms.get(x.name) === node.outputs[1].name) {
      const [y, inverse] = node.outputs.map((output) => known(output!));
      const half = g.cast(g.mul(known(current(x)!), inverse), 'float16');
      normed.set(x.name, half);
      passed.set(y.name, g.add(y, nothingOf(g, half)));
    }
    for (const y of node.outputs) {
      if (!y || !readLater.has(y.name) || !isHalved(y, readers.get(y.name) ?? [])) continue;
      const half = g.cast(g.op('Clip', [known(y), g.scalar(-LARGEST), g.scalar(LARGEST)]), 'float16');
      halves.set(y.name, half);
      passed.set(y.name, g.add(known(current(y)!), nothingOf(g, half)));
    }
  }
  const restored = new Map<string, Value>();
  /** Products of a norm's input with its inverse, which are halves read again. */
  const products = new Map<string, Value>();
  const restore = (x: AnyValue | undefined): AnyValue | undefined => {
    const made = x && products.get(x.name);
    if (made) return made;
    const half = x && halves.get(x.name);
    if (!half) return x;
    const value = restored.get(x.name) ?? g.cast(half, 'float32');
    restored.set(x.name, value);
    return value;
  };
  for (const node of backward) {
    const half = isNormed(node, norms) ? normed.get(node.inputs[0]!.name) : undefined;
    if (half) products.set(node.outputs[0]!.name, g.cast(half, 'float32'));
    else g.append({ ...node, inputs: node.inputs.map(restore) });
  }
  for (const output of graph.outputs) g.output(current(output)!, output.name);
  return g.build();
}
