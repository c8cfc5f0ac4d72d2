/**
 * An addition whose sum is RMS-normalised: one operator gives the norm and the sum. The norm's weight is a constant, or one
 * that is cast, as those of models in float16 are.
 */
import type { Attribute } from '../../tensor/attributes.ts';
import type { AnyValue, Graph, Node } from '../../tensor/graph.ts';
import { isKnown } from '../../tensor/graph.ts';
import { MICROSOFT } from '../../tensor/op.ts';
import { type Fusion, rewriteNodes, Uses } from './fusion.ts';

const sameShape = (a: AnyValue | undefined, b: AnyValue | undefined): boolean =>
  isKnown(a) && isKnown(b) && a.shape.length === b.shape.length && a.shape.every((d, i) => d === b.shape[i]);

interface Norm {
  readonly node: Node;
  /** What makes its weight of a constant. */
  readonly cast: Node | undefined;
}

export const skipNorm: Fusion = {
  name: 'skip-norm',
  help: 'Adds and normalises in one operator',
  apply(graph: Graph): Graph {
    const uses = new Uses(graph);
    /** Addition -> the norm that reads it. */
    const norms = new Map<Node, Norm>();
    for (const node of graph.nodes) {
      if (node.op !== 'SimplifiedLayerNormalization' || node.outputs.slice(1).some((y) => y)) continue;
      const [x, weight] = node.inputs;
      const add = uses.maker(x);
      if (add?.op !== 'Add' || norms.has(add)) continue;
      const cast = uses.maker(weight);
      const constant = cast?.op === 'Cast' ? cast.inputs[0] : weight;
      if (!graph.constants.has(constant?.name ?? '')) continue;
      if (!sameShape(add.inputs[0], add.inputs[1]) || !isKnown(x) || x.dtype !== 'float32') continue;
      norms.set(add, { node, cast });
    }
    const replaced = new Set([...norms.values()].map(({ node }) => node));
    /** Casts that are written already, some earlier than they stood: the new operator stands where the addition was. */
    const written = new Set<Node>();
    return rewriteNodes(graph, (g, node) => {
      if (replaced.has(node) || written.has(node)) return true;
      if (node.op === 'Cast') written.add(node);
      const norm = norms.get(node);
      if (!norm) return false;
      if (norm.cast && !written.has(norm.cast)) {
        written.add(norm.cast);
        g.append(norm.cast);
      }
      const epsilon: Attribute = norm.node.attributes.epsilon ?? { type: 'float', value: 1e-5 };
      const sum = node.outputs[0] as AnyValue;
      g.append({
        name: norm.node.name,
        op: 'SkipSimplifiedLayerNormalization',
        domain: MICROSOFT,
        inputs: [...node.inputs, norm.node.inputs[1]],
        outputs: uses.isPrivate(sum) ? [norm.node.outputs[0]] : [norm.node.outputs[0], undefined, undefined, sum],
        attributes: { epsilon },
      });
      return true;
    });
  },
};
