/** Graphs of encoders whose matrices are stored in 16 or 4 bits: everything between is still computed in float32. */
import { readFloats } from '../models/weights/constants.ts';
import { rewriteNodes } from '../onnx/fusions/fusion.ts';
import { findTargets, type Target } from '../techniques/quantize/graphs/targets.ts';
import { type QuantizedBlocks, quantizeRtn } from '../techniques/quantize/rtn.ts';
import { dequantizeBlocks } from '../techniques/quantize/unpack.ts';
import type { GraphBuilder } from '../tensor/builder.ts';
import { type Graph, known, type Node } from '../tensor/graph.ts';
import { encodeFloat16 } from '../tensor/half.ts';
import { matMulNBits } from '../tensor/ops/mat-mul-n-bits.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';
import { transpose } from '../tensor/transpose-matrix.ts';

/** Smaller matrices are no gain. */
const SMALLEST = 1024;

/** Matrices in float16, rows of tables widened after they are looked up; vectors (norms, biases) stay as they are. */
export async function halvedGraph(graph: Graph): Promise<Graph> {
  const halves = new Map<string, Tensor>();
  for (const [name, constant] of graph.constants) {
    const { dtype, shape } = constant;
    if (dtype !== 'float32' || shape.length < 2 || sizeOf(shape) < SMALLEST) continue;
    halves.set(name, tensor('float16', shape, encodeFloat16(await readFloats(constant))));
  }
  const wide = new Map<string, Node['inputs'][number]>();
  return rewriteNodes(graph, (g, node) => {
    if (!node.inputs.some((x) => x && halves.has(x.name))) return false;
    const [table] = node.inputs;
    const half = table && halves.get(table.name);
    if (node.op === 'Gather' && half) {
      const rows = g.gather(
        g.refer(`${table.name}.half`, half),
        known(node.inputs[1]),
        Number(node.attributes.axis?.value ?? 0),
      );
      g.append({ ...node, op: 'Cast', inputs: [rows], attributes: { to: { type: 'int', value: 1 } } });
      return true;
    }
    const inputs = node.inputs.map((x) => {
      const found = x && halves.get(x.name);
      if (!found) return x;
      const value = wide.get(x.name) ?? g.cast(g.refer(`${x.name}.half`, found), 'float32');
      wide.set(x.name, value);
      return value;
    });
    g.append({ ...node, inputs });
    return true;
  });
}

const FORM = { bits: 4, groupSize: 32, symmetric: true } as const;

/**
 * Products by constant matrices in 4 bits, groups of 32, int8 activations; tables in float16.
 * @returns `rounded`: the graph as it was, over the values that the codes stand for
 */
export async function fourBitGraph(graph: Graph): Promise<{ readonly graph: Graph; readonly rounded: Graph }> {
  const targets = findTargets(graph).targets.filter(({ kind }) => kind === 'matrix');
  const weights = new Map<Target, QuantizedBlocks>();
  const constants = new Map(graph.constants);
  for (const target of targets) {
    const { weight, transposed } = target;
    const { N, K } = shapeOf(graph, target);
    const { shape } = graph.constants.get(weight)!;
    const stored = await readFloats(graph.constants.get(weight)!);
    const blocks = quantizeRtn(transposed ? stored : transpose(stored, K, N), N, K, FORM);
    const values = dequantizeBlocks(blocks, N, K, FORM);
    weights.set(target, blocks);
    constants.set(weight, tensor('float32', shape, transposed ? values : transpose(values, N, K)));
  }
  const byNode = new Map(targets.map((target) => [target.node, target]));
  const additions = new Set(targets.map(({ addition }) => addition));
  const rewritten = rewriteNodes(graph, (g, node) => {
    if (additions.has(node)) return true;
    const target = byNode.get(node);
    if (target) emit(g, graph, target, weights.get(target)!);
    return target !== undefined;
  });
  return { graph: await halvedGraph(rewritten), rounded: { ...graph, constants } };
}

function shapeOf(graph: Graph, { weight, transposed }: Target): { readonly N: number; readonly K: number } {
  const [a, b] = graph.constants.get(weight)!.shape.map(Number);
  return transposed ? { N: a, K: b } : { N: b, K: a };
}

function emit(g: GraphBuilder, graph: Graph, target: Target, { codes, scales, groups }: QuantizedBlocks): void {
  const { input, weight, bias, outputs } = target;
  const { N, K } = shapeOf(graph, target);
  const { bits, groupSize: size } = FORM;
  const inputs = [
    known(input),
    g.refer(`${weight}.codes`, tensor('uint8', [N, groups, (size * bits) / 8], codes)),
    g.refer(`${weight}.scales`, tensor('float32', [N, groups], scales)),
  ];
  const product = g.op(matMulNBits, inputs, { K, N, bits, block_size: size, accuracy_level: 4 });
  const last = bias ? { op: 'Add', inputs: [product, bias] } : { op: 'Identity', inputs: [product] };
  g.append({ ...last, name: g.unique(last.op), domain: '', outputs, attributes: {} });
}
