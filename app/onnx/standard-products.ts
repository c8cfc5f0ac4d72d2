/**
 * Products in standard operators, for files that any runtime is to open: transposed weights are stored transposed, the rest
 * becomes Transpose, MatMul and Mul, which ONNX Runtime joins again where it likes.
 */
import { GraphBuilder } from '../tensor/builder.ts';
import { byteLength, TYPED_ARRAYS, type TypedArray } from '../tensor/dtype.ts';
import { type Graph, isExternal, known, type Node, type Value } from '../tensor/graph.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';

/** The same graph without ONNX Runtime's `FusedMatMul`; domains that no node needs any more are not declared. */
export function standardProducts(graph: Graph): Graph {
  const g = new GraphBuilder(graph, { nodes: false });
  for (const node of graph.nodes) {
    if (node.op === 'FusedMatMul') rewrite(g, graph, node);
    else g.append(node);
  }
  for (const output of graph.outputs) g.output(output);
  const result = g.build();
  const domains = new Set(['', ...result.nodes.map(({ domain }) => domain)]);
  const opsets = Object.fromEntries(Object.entries(result.opsets).filter(([domain]) => domains.has(domain)));
  return Object.freeze({ ...result, opsets });
}

function rewrite(g: GraphBuilder, graph: Graph, node: Node): void {
  const flag = (name: string) => node.attributes[name]?.value === 1;
  const alpha = Number(node.attributes.alpha?.value ?? 1);
  const side = (index: number, transposed: boolean): Value => {
    const x = known(node.inputs[index]);
    if (!transposed) return x;
    const constant = graph.constants.get(x.name);
    if (constant && !isExternal(constant) && constant.shape.length === 2)
      return g.refer(`${x.name}.transposed`, transpose(constant));
    const axes = x.shape.map((_, i) => i);
    return g.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  };
  const factors = [side(0, flag('transA')), side(1, flag('transB'))];
  // The last node under the name that the rest of the graph reads.
  const last = { ...node, domain: '', attributes: {} };
  if (alpha === 1) g.append({ ...last, op: 'MatMul', inputs: factors });
  else {
    const product = g.op('MatMul', factors);
    g.append({ ...last, op: 'Mul', inputs: [product, g.like(alpha, product)] });
  }
}

function transpose({ dtype, shape: [rows, columns], data }: Tensor): Tensor {
  const size = sizeOf([rows, columns]);
  if (byteLength(dtype, size) !== size * data.BYTES_PER_ELEMENT) throw new Error(`${dtype} has several values a byte`);
  const out = new TYPED_ARRAYS[dtype](size) as TypedArray;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c] as never;
  return tensor(dtype, [columns, rows], out);
}
