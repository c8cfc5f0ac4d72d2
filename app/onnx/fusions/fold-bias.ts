/** A bias added to a quantized product becomes its own bias. */
import type { Graph, Node } from '../../tensor/graph.ts';
import { type Fusion, rewriteNodes, Uses } from './fusion.ts';

export const foldBias: Fusion = {
  name: 'fold-bias',
  help: 'Quantized products add their bias themselves',
  apply(graph: Graph): Graph {
    const uses = new Uses(graph);
    /** Product -> the addition that becomes part of it. */
    const additions = new Map<Node, Node>();
    for (const node of graph.nodes) {
      const [x, bias] = node.inputs;
      const product = node.op === 'Add' ? uses.maker(x) : undefined;
      if (product?.op !== 'MatMulNBits' || product.inputs[5] || !x || !uses.isPrivate(x)) continue;
      const constant = graph.constants.get(bias?.name ?? '');
      const isVector = constant?.dtype === 'float32' && `${constant.shape}` === `${product.attributes.N.value}`;
      if (isVector) additions.set(product, node);
    }
    const folded = new Set(additions.values());
    return rewriteNodes(graph, (g, node) => {
      if (folded.has(node)) return true;
      const addition = additions.get(node);
      if (!addition) return false;
      const inputs = Array.from({ length: 5 }, (_, i) => node.inputs[i]);
      g.append({ ...node, inputs: [...inputs, addition.inputs[1]], outputs: addition.outputs });
      return true;
    });
  },
};
