/** Graphs whose products and convolutions quantize what they are given as it comes: no calibration, any input. */
import { rewriteNodes } from '../../../onnx/fusions/fusion.ts';
import type { GraphBuilder } from '../../../tensor/builder.ts';
import { CAST_CODES } from '../../../tensor/cast-codes.ts';
import type { AnyValue, Graph } from '../../../tensor/graph.ts';
import { tensor } from '../../../tensor/tensor.ts';
import { type Int8Weight, int8Weight, type Target } from './targets.ts';

export async function dynamicGraph(graph: Graph, targets: readonly Target[]): Promise<Graph> {
  const weights = new Map<Target, Int8Weight>();
  for (const target of targets) weights.set(target, await int8Weight(graph, target));
  const byNode = new Map(targets.map((target) => [target.node, target]));
  const additions = new Set(targets.map(({ addition }) => addition));
  return rewriteNodes(graph, (g, node) => {
    if (additions.has(node)) return true;
    const target = byNode.get(node);
    if (!target) return false;
    const weight = weights.get(target)!;
    if (target.kind === 'matrix') emitProduct(g, target, weight);
    else emitConvolution(g, target, weight);
    return true;
  });
}

function emitProduct(
  g: GraphBuilder,
  { outputs, input, weight, bias }: Target,
  { shape, codes, scales }: Int8Weight,
): void {
  const w = g.refer(`${weight}.int8`, tensor('int8', shape, codes));
  const s = g.refer(`${weight}.scales`, tensor('float32', [scales.length], scales));
  g.append({
    name: g.unique('DynamicQuantizeMatMul'),
    op: 'DynamicQuantizeMatMul',
    domain: 'com.microsoft',
    inputs: bias ? [input, w, s, undefined, bias] : [input, w, s],
    outputs,
    attributes: {},
  });
}

/** Codes times codes are whole numbers; one factor a channel makes them what they stand for. */
function emitConvolution(g: GraphBuilder, target: Target, { shape, codes, scales }: Int8Weight): void {
  const { node, input, weight, bias } = target;
  const value = (stem: string, dtype: AnyValue['dtype']): AnyValue => ({
    name: g.unique(stem),
    dtype,
    shape: undefined,
  });
  const add = (op: string, inputs: readonly (AnyValue | undefined)[], outputs: readonly (AnyValue | undefined)[]) =>
    g.append({ name: g.unique(op), op, domain: '', inputs, outputs, attributes: {} });
  const w = g.refer(`${weight}.int8`, tensor('int8', shape, codes));
  const perChannel = [1, scales.length, ...new Array<number>(shape.length - 2).fill(1)];
  const s = g.refer(`${weight}.scales`, tensor('float32', perChannel, scales));
  const [x, scale, zero] = [value('codes', 'uint8'), value('scale', 'float32'), value('zero', 'uint8')];
  add('DynamicQuantizeLinear', [input], [x, scale, zero]);
  const sums = value('sums', 'int32');
  g.append({
    name: g.unique('ConvInteger'),
    op: 'ConvInteger',
    domain: '',
    inputs: [x, w, zero],
    outputs: [sums],
    attributes: node.attributes,
  });
  const floats = value('sums', 'float32');
  g.append({
    name: g.unique('Cast'),
    op: 'Cast',
    domain: '',
    inputs: [sums],
    outputs: [floats],
    attributes: { to: { type: 'int', value: CAST_CODES.float32 } },
  });
  const factors = value('factors', 'float32');
  add('Mul', [scale, s], [factors]);
  if (!bias) {
    add('Mul', [floats, factors], node.outputs);
    return;
  }
  const scaled = value('scaled', 'float32');
  add('Mul', [floats, factors], [scaled]);
  const shaped = value('bias', 'float32');
  add('Reshape', [bias, g.int64s(perChannel.map((d, i) => (i === 1 ? -1 : d)))], [shaped]);
  add('Add', [scaled, shaped], node.outputs);
}
