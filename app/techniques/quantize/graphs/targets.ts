/** Which nodes of a graph multiply by a constant matrix or kernel, and that constant in int8, a scale a channel. */

import { assertFinite } from '../../../models/finite.ts';
import { readFloats } from '../../../models/weights/constants.ts';
import { Uses } from '../../../onnx/fusions/fusion.ts';
import type { AnyValue, Graph, Node } from '../../../tensor/graph.ts';

export interface Target {
  readonly node: Node;
  readonly input: AnyValue;
  readonly weight: string;
  readonly bias: AnyValue | undefined;
  /** The addition of that bias, where it is a node of its own: it goes with the product. */
  readonly addition: Node | undefined;
  readonly outputs: Node['outputs'];
  /** Matrices are turned into [inputs, outputs]; kernels keep [outputs, inputs / groups, …]. */
  readonly kind: 'matrix' | 'kernel';
  readonly transposed: boolean;
}

export interface LeftNode {
  readonly node: string;
  readonly operator: string;
  readonly reason: string;
}

/** Nodes with fewer weights than this cost nothing. */
const WORTH = 256;

/** @returns what can be computed in int8, and which nodes with weights of their own cannot and stay in float */
export function findTargets(graph: Graph): { readonly targets: Target[]; readonly left: LeftNode[] } {
  const uses = new Uses(graph);
  const targets: Target[] = [];
  const left: LeftNode[] = [];
  for (const node of graph.nodes) {
    const size = largestWeight(graph, node);
    if (size < WORTH) continue;
    const found = targetOf(graph, node, uses);
    if (typeof found !== 'string') targets.push(found);
    else left.push({ node: node.name, operator: node.domain ? `${node.domain}.${node.op}` : node.op, reason: found });
  }
  return { targets, left };
}

function largestWeight(graph: Graph, node: Node): number {
  const sizes = node.inputs.map((x) => {
    const constant = x && graph.constants.get(x.name);
    return constant?.dtype === 'float32' ? constant.shape.reduce((n, d) => n * d, 1) : 0;
  });
  return Math.max(0, ...sizes);
}

/** A sentence where it is none. */
function targetOf(graph: Graph, node: Node, uses: Uses): Target | string {
  const [x, w, bias] = node.inputs;
  const weight = w && graph.constants.get(w.name);
  const flag = (name: string): number => Number(node.attributes[name]?.value ?? 0);
  const one = (name: string): boolean => Number(node.attributes[name]?.value ?? 1) === 1;
  const given = x && !graph.constants.has(x.name);
  const common = (kind: Target['kind'], transposed: boolean): Target | string => {
    if (!w || weight?.dtype !== 'float32' || !given) return 'its second factor is no constant of float32';
    const added = kind === 'matrix' && !bias ? biasAfter(graph, node, uses) : undefined;
    const outputs = added ? added.node.outputs : node.outputs;
    const target = { node, input: x, weight: w.name, kind, transposed, outputs };
    return { ...target, bias: added?.bias ?? bias, addition: added?.node };
  };
  switch (node.op) {
    case 'MatMul':
      return weight?.shape.length === 2 ? common('matrix', false) : 'its weight is no matrix';
    case 'FusedMatMul':
      if (weight?.shape.length !== 2 || flag('transA') || !one('alpha')) return 'it is turned or scaled';
      return common('matrix', flag('transB') === 1);
    case 'Gemm':
      if (flag('transA') || !one('alpha') || !one('beta')) return 'it is turned or scaled';
      return common('matrix', flag('transB') === 1);
    case 'Conv':
      return common('kernel', false);
    default:
      return 'it has no int8 form here';
  }
}

/** A vector that nobody but an addition right after the product adds. */
function biasAfter(graph: Graph, node: Node, uses: Uses): { readonly node: Node; readonly bias: AnyValue } | undefined {
  const [y] = node.outputs;
  const [add] = y && uses.isPrivate(y) ? uses.readers(y) : [];
  if (add?.op !== 'Add') return undefined;
  const bias = add.inputs.find((x) => x && x.name !== y?.name);
  const constant = bias && graph.constants.get(bias.name);
  return bias && constant?.shape.length === 1 && constant.dtype === 'float32' ? { node: add, bias } : undefined;
}

export interface Int8Weight {
  readonly shape: readonly number[];
  readonly codes: Int8Array<ArrayBuffer>;
  /** A scale for each output; no zero points. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** @throws UserError weights/not-finite */
export async function int8Weight(graph: Graph, { weight, kind, transposed }: Target): Promise<Int8Weight> {
  const constant = graph.constants.get(weight)!;
  const values = await readFloats(constant);
  assertFinite(values, weight);
  const { shape } = constant;
  // Where an element lies by output and by place within it.
  const outputs = kind === 'kernel' || transposed ? shape[0] : shape[1];
  const inner = values.length / outputs;
  const from =
    kind === 'kernel' || transposed
      ? (o: number, i: number) => o * inner + i
      : (o: number, i: number) => i * outputs + o;
  const to = kind === 'kernel' ? from : (o: number, i: number) => i * outputs + o;
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let most = 0;
    for (let i = 0; i < inner; i++) most = Math.max(most, Math.abs(values[from(o, i)]));
    // A channel of zeros gets any scale but zero, by which nobody can divide.
    scales[o] = most === 0 ? 1 : most / 127;
    for (let i = 0; i < inner; i++) codes[to(o, i)] = Math.round(values[from(o, i)] / scales[o]);
  }
  return { shape: kind === 'kernel' ? shape : [inner, outputs], codes, scales };
}
