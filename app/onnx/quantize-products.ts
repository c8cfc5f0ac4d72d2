/**
 * Eight bits for the weights of a finished graph, in standard operators that every runtime has: products by constant matrices
 * with activations quantized as they come, and tables that rows are looked up in. Goes down into the branches of the graph.
 */
import type { Attribute } from '../tensor/attributes.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { type Graph, isExternal, known, type Node, type Value } from '../tensor/graph.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';

/** Smaller matrices are no gain. */
const SMALLEST = 4096;
/** Codes are unsigned around this: products of unsigned codes cannot overflow the 16-bit sums of older processors. */
const ZERO = 128;
const LARGEST = 127;

/** @param names of constants to leave as they are */
export function quantizeProducts(graph: Graph, keep: ReadonlySet<string> = new Set()): Graph {
  return quantizeScope(graph, keep, '');
}

function quantizeScope(graph: Graph, keep: ReadonlySet<string>, scope: string): Graph {
  const g = new GraphBuilder(graph, { nodes: false });
  const quantizable = (value: Node['inputs'][number]): Tensor | undefined => {
    if (!value || keep.has(value.name)) return undefined;
    const constant = graph.constants.get(value.name);
    if (!constant || isExternal(constant)) return undefined;
    const wanted = constant.dtype === 'float32' && constant.shape.length === 2 && sizeOf(constant.shape) >= SMALLEST;
    return wanted ? constant : undefined;
  };
  /** Activations that are quantized already, by name. */
  const codes = new Map<string, readonly Value[]>();
  const rewrite = (node: Node) => {
    const [x, y] = node.inputs;
    const weight = node.op === 'MatMul' ? quantizable(y) : undefined;
    const table = node.op === 'Gather' && !node.attributes.axis?.value ? quantizable(x) : undefined;
    if (weight) {
      const activations = known(x);
      const found = codes.get(activations.name) ?? g.apply('DynamicQuantizeLinear', [activations], {}, { outputs: 3 });
      codes.set(activations.name, found);
      product(g, node, found, weight, y!.name);
    } else if (table) lookUp(g, node, table, x!.name);
    else g.append({ ...node, attributes: inside(node, keep, scope) });
  };
  const work = () => graph.nodes.forEach(rewrite);
  if (scope === '') work();
  else g.scoped(scope, work);
  for (const output of graph.outputs) g.output(output);
  return g.build();
}

/** The attributes of a node with its subgraphs quantized. */
function inside(node: Node, keep: ReadonlySet<string>, scope: string): Node['attributes'] {
  const quantized = (graph: Graph, part: string) => quantizeScope(graph, keep, `${scope}${node.name}.${part}`);
  return Object.fromEntries(
    Object.entries(node.attributes).map(([name, attribute]): [string, Attribute] => {
      if (attribute.type === 'graph') return [name, { type: 'graph', value: quantized(attribute.value, name) }];
      if (attribute.type !== 'graphs') return [name, attribute];
      return [name, { type: 'graphs', value: attribute.value.map((graph, i) => quantized(graph, `${name}.${i}`)) }];
    }),
  );
}

/** x W = (codes of x) (codes of W) times both scales; W has a scale a column. */
function product(g: GraphBuilder, node: Node, [x, scale, zero]: readonly Value[], weight: Tensor, name: string): void {
  const [rows, columns] = weight.shape;
  const values = weight.data as Float32Array;
  const scales = new Float32Array(columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) scales[c] = Math.max(scales[c], Math.abs(values[r * columns + c]) / LARGEST);
  const quantized = Uint8Array.from(values, (v, i) => codeOf(v, scales[i % columns]));
  const w = g.refer(`${name}.codes`, tensor('uint8', weight.shape, quantized));
  const sums = g.op('MatMulInteger', [x, w, zero, g.scalar(ZERO, 'uint8')]);
  const factors = g.mul(g.refer(`${name}.scales`, tensor('float32', [columns], scales)), scale);
  g.append({ ...node, op: 'Mul', inputs: [g.cast(sums, 'float32'), factors] });
}

/** Rows of the table's codes, each with a scale of its own. */
function lookUp(g: GraphBuilder, node: Node, table: Tensor, name: string): void {
  const [rows, width] = table.shape;
  const values = table.data as Float32Array;
  const scales = new Float32Array(rows);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / width);
    scales[row] = Math.max(scales[row], Math.abs(values[i]) / LARGEST);
  }
  const quantized = Int8Array.from(values, (v, i) => codeOf(v, scales[Math.floor(i / width)]) - ZERO);
  const ids = known(node.inputs[1]);
  const codes = g.gather(g.refer(`${name}.codes`, tensor('int8', table.shape, quantized)), ids);
  const own = g.gather(g.refer(`${name}.scales`, tensor('float32', [rows, 1], scales)), ids);
  g.append({ ...node, op: 'Mul', inputs: [g.cast(codes, 'float32'), own], attributes: {} });
}

const codeOf = (value: number, scale: number): number => (scale === 0 ? ZERO : ZERO + Math.round(value / scale));
