/** What a legal graph is. Runs before and after every technique; a failure names the node, the operator and the rule. */
import { readAttributes } from './attributes.ts';
import { opOf, outerReads } from './builder.ts';
import { type Constant, type Graph, isExternal, isKnown, type Node, OPSETS, type TensorType } from './graph.ts';

export class GraphError extends Error {
  override readonly name = 'GraphError';
  constructor(node: Node | undefined, rule: string) {
    super(node ? `${node.name} (${node.op}): ${rule}` : rule);
  }
}

/** @throws GraphError */
export function verify(graph: Graph): void {
  const defined = new Set<string>();
  const define = (name: string, node?: Node) => {
    if (name === '') throw new GraphError(node, 'a value has no name');
    if (defined.has(name)) throw new GraphError(node, `the value ${name} is made twice`);
    defined.add(name);
  };
  // An initialiser may stand behind an input of the same name: its default.
  for (const name of new Set([...graph.inputs.map((x) => x.name), ...made(graph)])) define(name);
  for (const node of graph.nodes) {
    for (const name of [...node.inputs.flatMap((x) => x?.name ?? []), ...outerReadsDefinedElsewhere(node)]) {
      if (!defined.has(name)) throw new GraphError(node, `reads ${name}, which nothing before it makes`);
    }
    for (const output of node.outputs) if (output) define(output.name, node);
    verifyTypes(graph, node);
  }
  for (const output of graph.outputs) {
    if (!defined.has(output.name)) throw new GraphError(undefined, `nothing makes the output ${output.name}`);
  }
}

const made = (graph: Graph): string[] => [...graph.constants.keys(), ...(graph.foreign?.values ?? [])];

/** Reads of subgraphs that the subgraph itself does not define. */
function outerReadsDefinedElsewhere(node: Node): string[] {
  const inner = new Set<string>();
  for (const attribute of Object.values(node.attributes)) {
    const graphs = attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
    for (const graph of graphs) collectDefined(graph, inner);
  }
  return inner.size === 0 ? [] : outerReads(node).filter((name) => !inner.has(name));
}

function collectDefined(graph: Graph, into: Set<string>): void {
  for (const name of [...graph.inputs.map((x) => x.name), ...made(graph)]) into.add(name);
  for (const node of graph.nodes) {
    for (const y of node.outputs) if (y) into.add(y.name);
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type === 'graph') collectDefined(attribute.value, into);
      if (attribute.type === 'graphs') for (const inner of attribute.value) collectDefined(inner, into);
    }
  }
}

function verifyTypes(graph: Graph, node: Node): void {
  const op = opOf(node);
  // The rules describe one version of each domain; what an imported graph means by an older one is its own affair.
  if (node.domain in graph.opsets && graph.opsets[node.domain] !== OPSETS[node.domain]) return;
  if (!op || !node.inputs.every((x) => x === undefined || isKnown(x))) return;
  let inferred: readonly TensorType[];
  try {
    const attrs = readAttributes(op.attrs, node.attributes);
    const constant = (i: number) => inMemory(graph.constants.get(node.inputs[i]?.name ?? ''));
    inferred = op.shape({ inputs: node.inputs as never, attrs, constant, outputs: node.outputs.length });
  } catch (error) {
    throw new GraphError(node, (error as Error).message);
  }
  node.outputs.forEach((y, i) => {
    if (!isKnown(y) || !inferred[i]) return;
    const { dtype, shape } = inferred[i];
    if (dtype !== y.dtype) throw new GraphError(node, `output ${y.name} is ${y.dtype}, the rule says ${dtype}`);
    const clash = shape.length !== y.shape.length || shape.some((d, k) => differ(d, y.shape[k]));
    if (clash) throw new GraphError(node, `output ${y.name} is [${y.shape}], the rule says [${shape}]`);
  });
}

/** Two dimensions that can't be equal, whatever their symbols stand for. */
function differ(a: number | string, b: number | string): boolean {
  return typeof a === 'number' && typeof b === 'number' && a !== b;
}

const inMemory = (constant: Constant | undefined) => (constant && !isExternal(constant) ? constant : undefined);
