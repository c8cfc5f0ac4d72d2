/** Attention whose query, key and value are cut from one product reads the product itself. */
import type { Graph } from '../../tensor/graph.ts';
import { type Fusion, rewriteNodes, Uses } from './fusion.ts';

export const packAttention: Fusion = {
  name: 'pack-attention',
  help: 'Attention reads query, key and value from one packed product',
  apply(graph: Graph): Graph {
    const uses = new Uses(graph);
    return rewriteNodes(graph, (g, node) => {
      if (node.op !== 'GroupQueryAttention') return false;
      const split = uses.maker(node.inputs[0]);
      if (split?.op !== 'Split' || split.outputs.length !== 3 || !node.inputs[1]) return false;
      if (split.outputs.some((y, i) => y?.name !== node.inputs[i]?.name)) return false;
      g.append({ ...node, inputs: [split.inputs[0], undefined, undefined, ...node.inputs.slice(3)] });
      return true;
    });
  },
};
