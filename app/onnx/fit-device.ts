/**
 * The same function in operators that devices beside the processor have kernels for: what ONNX Runtime would run on the
 * processor instead makes every step wait for its values to travel there and back.
 */
import type { GraphBuilder } from '../tensor/builder.ts';
import { type Graph, known, type Node, type Value } from '../tensor/graph.ts';
import { rewriteNodes } from './fusions/fusion.ts';

/** The last two axes exchanged. Of a constant the runtime does it once, when it opens the graph. */
function turned(g: GraphBuilder, x: Value): Value {
  const last = x.shape.length - 1;
  const axes = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  return g.transpose(x, axes);
}

/** Only the processor and CUDA have the fused product. Of matrices the standard operator transposes and scales too. */
function plainProduct(g: GraphBuilder, node: Node): boolean {
  const { transA, transB, alpha } = node.attributes;
  const [x, y] = node.inputs.map((value) => known(value!));
  if (x.shape.length === 2 && y.shape.length === 2) {
    g.append({ ...node, op: 'Gemm', domain: '' });
    return true;
  }
  const factor = Number(alpha?.value ?? 1);
  const left = Number(transA?.value ?? 0) === 1 ? turned(g, x) : x;
  const right = Number(transB?.value ?? 0) === 1 ? turned(g, y) : y;
  const product = { ...node, op: 'MatMul', domain: '', attributes: {} };
  if (factor === 1) g.append({ ...product, inputs: [left, right] });
  else g.append({ ...product, op: 'Mul', inputs: [g.matmul(left, right), g.scalar(factor)] });
  return true;
}

/** @param graph lowered for the device; for the processor it stays as it is */
export function fitDevice(graph: Graph, device: string): Graph {
  if (device === 'cpu') return graph;
  return rewriteNodes(graph, (g, node) => node.op === 'FusedMatMul' && plainProduct(g, node));
}
