/** A piece of a graph as a graph of its own. */
import { prune } from './builder.ts';
import type { Graph, Value } from './graph.ts';

/**
 * What lies between some values and others: `from` become inputs, `to` the outputs, in the names they have. Inputs of the
 * whole graph that are not needed are left out.
 */
export function cut(graph: Graph, from: readonly Value[], to: readonly Value[]): Graph {
  const given = new Set(from.map((x) => x.name));
  const nodes = graph.nodes.filter((node) => !node.outputs.some((y) => y && given.has(y.name)));
  const piece = prune({ ...graph, nodes, outputs: to });
  const read = new Set(piece.nodes.flatMap((node) => node.inputs.map((x) => x?.name)));
  const inputs = [...from, ...graph.inputs.filter((x) => !given.has(x.name))].filter((x) => read.has(x.name));
  return Object.freeze({ ...piece, inputs });
}
