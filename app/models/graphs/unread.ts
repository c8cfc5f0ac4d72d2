/** A kit describes the inputs of a whole model; a part of one needs only some of them. */
import type { Graph } from '../../tensor/graph.ts';

/** The graph without the inputs that no node reads. */
export function withoutUnread(graph: Graph): Graph {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map((input) => input?.name)));
  return { ...graph, inputs: graph.inputs.filter(({ name }) => read.has(name)) };
}
