/** An addition whose sum is RMS-normalised: one operator gives the norm and the sum. */
import type { Attribute } from '../../tensor/attributes.ts';
import type { AnyValue, Graph, Node } from '../../tensor/graph.ts';
import { isKnown } from '../../tensor/graph.ts';
import { MICROSOFT } from '../../tensor/op.ts';
import { type Fusion, rewriteNodes, Uses } from './fusion.ts';

const sameShape = (a: AnyValue | undefined, b: AnyValue | undefined): boolean =>
  isKnown(a) && isKnown(b) && a.shape.length === b.shape.length && a.shape.every((d, i) => d === b.shape[i]);

export const skipNorm: Fusion = {
  name: 'skip-norm',
  help: 'Adds and normalises in one operator',
  apply(graph: Graph): Graph {
    const uses = new Uses(graph);
    /** Addition -> the norm that reads it. */
    const norms = new Map<Node, Node>();
    for (const node of graph.nodes) {
      if (node.op !== 'SimplifiedLayerNormalization' || node.outputs.slice(1).some((y) => y)) continue;
      const [x, weight] = node.inputs;
      const add = uses.maker(x);
      if (add?.op !== 'Add' || norms.has(add) || !graph.constants.has(weight?.name ?? '')) continue;
      if (sameShape(add.inputs[0], add.inputs[1]) && isKnown(x) && x.dtype === 'float32') norms.set(add, node);
    }
    const replaced = new Set(norms.values());
    return rewriteNodes(graph, (g, node) => {
      if (replaced.has(node)) return true;
      const norm = norms.get(node);
      if (!norm) return false;
      const epsilon: Attribute = norm.attributes.epsilon ?? { type: 'float', value: 1e-5 };
      const sum = node.outputs[0] as AnyValue;
      g.append({
        name: norm.name,
        op: 'SkipSimplifiedLayerNormalization',
        domain: MICROSOFT,
        inputs: [...node.inputs, norm.inputs[1]],
        outputs: uses.isPrivate(sum) ? [norm.outputs[0]] : [norm.outputs[0], undefined, undefined, sum],
        attributes: { epsilon },
      });
      return true;
    });
  },
};
