/**
 * Nodes that compute the same of the same become one. ONNX Runtime does so within a graph, but not across the branches of an
 * `If`: what several branches need is to be computed once, outside of them.
 */
import { type AnyValue, type Constant, type Graph, isExternal, type Node } from './graph.ts';

/** Constants up to this many elements are compared. */
const SMALL = 64;

/** @param keep names of values that stay as they are; the graph's outputs do anyway */
export function mergeEqual(graph: Graph, keep: Iterable<string> = []): Graph {
  const kept = new Set([...keep, ...graph.outputs.map(({ name }) => name)]);
  const same = new Map<string, AnyValue>();
  const now = <T extends AnyValue | undefined>(value: T): T => ((value && same.get(value.name)) ?? value) as T;
  const contents = new Map<string, string>();
  for (const [name, constant] of graph.constants) {
    const content = contentOf(constant);
    if (content !== undefined) contents.set(name, content);
  }
  const first = new Map<string, Node>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map(now) };
    const key = keyOf(node, contents);
    const earlier = key === undefined ? undefined : first.get(key);
    const free = node.outputs.every((output) => !output || !kept.has(output.name));
    if (earlier && free) {
      for (const [i, output] of node.outputs.entries()) if (output) same.set(output.name, earlier.outputs[i]!);
      continue;
    }
    nodes.push(node);
    if (key !== undefined && !earlier) first.set(key, node);
  }
  return Object.freeze({ ...graph, nodes });
}

/** Undefined for what may differ every time, or holds more than can be compared at a glance. */
function keyOf(node: Node, contents: ReadonlyMap<string, string>): string | undefined {
  const { op, domain, inputs, outputs, attributes, foreign } = node;
  const plain = Object.values(attributes).every(({ type }) =>
    ['int', 'ints', 'float', 'floats', 'string'].includes(type),
  );
  if (foreign || !plain || /^Random|^Bernoulli|^Multinomial|^Dropout/.test(op)) return undefined;
  const named = inputs.map((input) => (input ? (contents.get(input.name) ?? input.name) : ''));
  return JSON.stringify([domain, op, named, outputs.map(Boolean), attributes]);
}

function contentOf(constant: Constant): string | undefined {
  if (isExternal(constant) || constant.data.length > SMALL) return undefined;
  return `${constant.dtype}[${constant.shape}]${Array.from(constant.data as Uint8Array).join()}`;
}
