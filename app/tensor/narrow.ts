/**
 * Computes only the rows that are read. Where rows of a value are picked and nobody else reads it, they are picked from what it
 * is made of instead, as far up as the nodes work row by row. Exact: there no row depends on another.
 */
import { GraphBuilder } from './builder.ts';
import { type Graph, known, type Node, type Value } from './graph.ts';

const ROW_WISE = /^(Add|Sub|Mul|SwiGlu|RmsNorm|LayerNormalization|Gelu|QuickGelu|Relu|MatMul|FusedMatMul)$/;

/** Which inputs have a row for each row of the result, where the node works row by row on [rows, width]. */
function rowInputs({ op, inputs, outputs: [y], attributes }: Node): boolean[] | undefined {
  const rows = y?.shape?.[0];
  if (!ROW_WISE.test(op) || y?.shape?.length !== 2 || typeof rows !== 'string') return undefined;
  const follow = inputs.map((x) => x?.shape?.length === 2 && x.shape[0] === rows);
  const product = op.endsWith('MatMul');
  if (product && (!follow[0] || follow[1] || attributes.transA?.value === 1)) return undefined;
  return follow.includes(true) ? follow : undefined;
}

/** Narrows what the `Gather` nodes by `indices`, a graph input int64 [M], read along the first axis. */
export function narrow(graph: Graph, indices: string): Graph {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const x of node.inputs) if (x) readers.set(x.name, [...(readers.get(x.name) ?? []), node]);
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const picks = (node: Node) =>
    node.op === 'Gather' && node.inputs[1]?.name === indices && !node.attributes.axis?.value;
  const narrowed = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    const reading = node.outputs.flatMap((y) => (y && readers.get(y.name)) ?? []);
    const free = node.outputs.every((y) => !y || !outputs.has(y.name));
    if (picks(node) || (free && rowInputs(node) && reading.length > 0 && reading.every((r) => narrowed.has(r)))) {
      narrowed.add(node);
    }
  }

  if (narrowed.size === 0) return graph;
  const g = new GraphBuilder(graph, { nodes: false });
  const index = known(graph.inputs.find(({ name }) => name === indices));
  const made = new Map<string, Value>();
  const narrowOf = (x: Value): Value => {
    const narrow = made.get(x.name) ?? g.gather(x, index);
    made.set(x.name, narrow);
    return narrow;
  };
  for (const node of graph.nodes) {
    if (!narrowed.has(node)) {
      // Gathers are gone: whoever read one reads the narrowed value.
      g.append({ ...node, inputs: node.inputs.map((x) => (x && made.get(`picked ${x.name}`)) ?? x) });
      continue;
    }
    if (picks(node)) {
      made.set(`picked ${node.outputs[0]!.name}`, narrowOf(known(node.inputs[0])));
      continue;
    }
    const follow = rowInputs(node)!;
    const inputs = node.inputs.map((x, i) => (x && follow[i] ? narrowOf(known(x)) : x));
    const results = node.outputs.map(
      (y) => y && { ...known(y), shape: Object.freeze([index.shape[0], ...y.shape!.slice(1)]) },
    );
    g.append({ ...node, inputs, outputs: results });
    for (const y of results) if (y) made.set(y.name, y);
  }
  for (const output of graph.outputs) g.output(made.get(`picked ${output.name}`) ?? output, output.name);
  return g.build();
}
