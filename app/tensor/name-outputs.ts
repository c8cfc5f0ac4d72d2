/** Lets the nodes that compute a graph's outputs write them themselves, where a copy only gave them their names. */
import type { AnyValue, Graph, Node } from './graph.ts';

/** The same graph without `Identity` nodes between a node's result and an output: no copy, and no memory for both. */
export function nameOutputs(graph: Graph): Graph {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs.map((y) => y?.name)));
  const outputs = new Set(graph.outputs.map((y) => y.name));
  const renamed = new Map<string, AnyValue>();
  const dropped = new Set<Node>();
  for (const node of graph.nodes) {
    const [x] = node.inputs;
    const [y] = node.outputs;
    if (node.op !== 'Identity' || node.domain !== '' || !x || !y || !outputs.has(y.name)) continue;
    if (!made.has(x.name) || outputs.has(x.name) || renamed.has(x.name)) continue;
    renamed.set(x.name, y);
    dropped.add(node);
  }
  const current = (x: AnyValue | undefined) => x && (renamed.get(x.name) ?? x);
  const nodes = graph.nodes
    .filter((node) => !dropped.has(node))
    .map((node) => Object.freeze({ ...node, inputs: node.inputs.map(current), outputs: node.outputs.map(current) }));
  return Object.freeze({ ...graph, nodes: Object.freeze(nodes) });
}
