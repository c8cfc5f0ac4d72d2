/**
 * Products of one input with several quantized matrices (query, key and value; gate and up): one product, cut afterwards.
 * The activations are quantized once, and the threads meet once.
 */
import type { AnyValue, Graph, Node, Value } from '../../tensor/graph.ts';
import { isKnown } from '../../tensor/graph.ts';
import { type Fusion, rewriteNodes, Uses } from './fusion.ts';
import { type Joined, joinExpressions } from './join-expressions.ts';

interface Pack {
  readonly nodes: readonly Node[];
  /** Joined weights in the order of the operator's inputs after the first. */
  readonly joined: readonly (Joined | undefined)[];
}

const ALIKE = ['K', 'bits', 'block_size', 'accuracy_level'] as const;
const rowsOf = (node: Node): number => Number(node.attributes.N.value);

function packsOf(graph: Graph): Pack[] {
  const uses = new Uses(graph);
  const groups = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    if (node.op !== 'MatMulNBits' || !isKnown(node.outputs[0])) continue;
    const given = node.inputs.map((x) => (x ? 1 : 0)).join('');
    const key = [node.inputs[0]?.name, given, ...ALIKE.map((name) => node.attributes[name]?.value)].join();
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups.values()].flatMap((nodes) => {
    if (nodes.length < 2) return [];
    const inputs = nodes[0].inputs.slice(1).map((x, i) => x && nodes.map((node) => node.inputs[i + 1] as AnyValue));
    const joined = inputs.map((parts) => parts && joinExpressions(graph, uses, parts));
    return joined.every((values, i) => values || !inputs[i]) ? [{ nodes, joined }] : [];
  });
}

export const packProducts: Fusion = {
  name: 'pack-products',
  help: 'Multiplies one input by several quantized matrices at once',
  apply(graph: Graph): Graph {
    const packs = new Map(packsOf(graph).map((pack) => [pack.nodes[0], pack]));
    const others = new Set([...packs.values()].flatMap(({ nodes }) => nodes.slice(1)));
    return rewriteNodes(graph, (g, node) => {
      if (others.has(node)) return true;
      const pack = packs.get(node);
      if (!pack) return false;
      const sizes = pack.nodes.map(rowsOf);
      const rows = sizes.reduce((a, b) => a + b, 0);
      const weights = pack.joined.map((emit) => emit?.(g));
      const attributes = Object.fromEntries(Object.entries(node.attributes).map(([name, { value }]) => [name, value]));
      const product = g.op('MatMulNBits', [node.inputs[0] as Value, ...weights], { ...attributes, N: rows });
      g.append({
        name: g.unique('Split'),
        op: 'Split',
        domain: '',
        inputs: [product, g.int64s(sizes)],
        outputs: pack.nodes.map(({ outputs }) => outputs[0]),
        attributes: { axis: { type: 'int', value: -1 } },
      });
      return true;
    });
  },
};
