/** Which fusions find something to do in a model: leaving out another changes nothing, and is not worth trying. */
import { buildDecodingGraph } from '../../models/graphs/decoding-graph.ts';
import type { StoredModel } from '../../models/stored.ts';
import { FUSIONS, fuse } from '../../onnx/fusions/index.ts';
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';

/** Names, in the order of `FUSIONS`. */
export function actingFusions(model: StoredModel, maxLength: number): string[] {
  const graph = lower(buildDecodingGraph(model, { ...model, maxLength, lengths: 'lengths', cacheOutput: 'present' }));
  const all = operators(fuse(graph));
  return FUSIONS.map(({ name }) => name).filter((name) => operators(fuse(graph, [name])) !== all);
}

const operators = (graph: Graph): string =>
  graph.nodes.map(({ op, inputs }) => `${op}/${inputs.filter((x) => x).length}`).join(' ');
