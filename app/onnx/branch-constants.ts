/** Constants of branches brought into the model's file: onnxruntime-web finds those of the main graph in data files, others not. */
import type { Attribute, Attributes } from '../tensor/attributes.ts';
import { type Constant, type Graph, isExternal, type Node } from '../tensor/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Bytes of the constants of all branches. */
export function branchBytes(graph: Graph): number {
  const of = ({ constants }: Graph) =>
    [...constants.values()].reduce((n, one) => n + (isExternal(one) ? one.byteLength : one.data.byteLength), 0);
  return branchesOf(graph).reduce((n, branch) => n + of(branch) + branchBytes(branch), 0);
}

const branchesOf = ({ nodes }: Graph): Graph[] =>
  nodes.flatMap(({ attributes }) =>
    Object.values(attributes).flatMap((one) =>
      one.type === 'graph' ? [one.value] : one.type === 'graphs' ? one.value : [],
    ),
  );

/** @param read what lies in a file */
export async function withBranchesInside(graph: Graph, read: (constant: Constant) => Promise<Tensor>): Promise<Graph> {
  const whole = async (branch: Graph): Promise<Graph> => {
    const constants = new Map<string, Constant>();
    for (const [name, one] of branch.constants) constants.set(name, isExternal(one) ? await read(one) : one);
    return withBranchesInside({ ...branch, constants }, read);
  };
  const inside = async (attribute: Attribute): Promise<Attribute> => {
    if (attribute.type === 'graph') return { type: 'graph', value: await whole(attribute.value) };
    if (attribute.type !== 'graphs') return attribute;
    return { type: 'graphs', value: await Promise.all(attribute.value.map(whole)) };
  };
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const attributes: Record<string, Attribute> = {};
    for (const [name, attribute] of Object.entries(node.attributes)) attributes[name] = await inside(attribute);
    nodes.push({ ...node, attributes: attributes as Attributes });
  }
  return Object.freeze({ ...graph, nodes });
}
