/** Weights as constants of a graph that has them as inputs: the runtime lays them out for speed once, not in every run. */
import { CAST_CODES } from '../../tensor/cast-codes.ts';
import type { Constant, Graph, Node } from '../../tensor/graph.ts';

/** @param weights by the names of inputs; those that are stored in fewer bits are cast to float32 */
export function freezeWeights(graph: Graph, weights: ReadonlyMap<string, Constant>): Graph {
  const constants = new Map(graph.constants);
  const casts: Node[] = [];
  for (const input of graph.inputs) {
    const constant = weights.get(input.name);
    if (!constant) continue;
    const { dtype, shape } = constant;
    if (dtype === 'float32') {
      constants.set(input.name, constant);
      continue;
    }
    const name = `${input.name}.stored`;
    constants.set(name, constant);
    casts.push({
      name: `${input.name}.cast`,
      op: 'Cast',
      domain: '',
      inputs: [{ name, dtype, shape }],
      outputs: [input],
      attributes: { to: { type: 'int', value: CAST_CODES.float32 } },
    });
  }
  const inputs = graph.inputs.filter(({ name }) => !weights.has(name));
  return { ...graph, inputs, constants, nodes: [...casts, ...graph.nodes] };
}
