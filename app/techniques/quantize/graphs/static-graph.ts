/** Graphs whose activations have fixed scales, found by running calibration data through them. */
import { rewriteNodes } from '../../../onnx/fusions/fusion.ts';
import type { GraphBuilder } from '../../../tensor/builder.ts';
import type { AnyValue, Graph, Node } from '../../../tensor/graph.ts';
import { tensor } from '../../../tensor/tensor.ts';
import { type ActivationOptions, type Feeds, withActivations } from './activations.ts';
import { chooseRange, Histogram, type Range, type RangeMethod } from './ranges.ts';
import { type Int8Weight, int8Weight, type Target } from './targets.ts';

export interface RangeOptions extends ActivationOptions {
  readonly method: RangeMethod;
}

/** By the name of the value that a target is given: first its ends, then its histogram, in two runs over the data. */
export async function measureRanges(
  graph: Graph,
  targets: readonly Target[],
  data: readonly Feeds[],
  { method, ...options }: RangeOptions,
): Promise<Map<string, Range>> {
  const inputs = targets.map(({ input }) => input);
  return withActivations(graph, inputs, data, options, async (each) => {
    const ends = new Map<string, Range>(inputs.map(({ name }) => [name, { low: 0, high: 0 }]));
    await each((name, { data: found }) => {
      let { low, high } = ends.get(name)!;
      for (const value of found as Float32Array) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
      ends.set(name, { low, high });
    });
    const histograms = new Map<string, Histogram>([...ends].map(([name, range]) => [name, new Histogram(range)]));
    if (method !== 'minmax') {
      await each((name, { shape, data: found }) => histograms.get(name)!.add(found as Float32Array, shape.at(-1) ?? 1));
    }
    return new Map([...histograms].map(([name, histogram]) => [name, chooseRange(histogram, method)]));
  });
}

export async function staticGraph(
  graph: Graph,
  targets: readonly Target[],
  ranges: ReadonlyMap<string, Range>,
): Promise<Graph> {
  const weights = new Map<Target, Int8Weight>();
  for (const target of targets) weights.set(target, await int8Weight(graph, target));
  const byNode = new Map(targets.map((target) => [target.node, target]));
  const additions = new Set(targets.map(({ addition }) => addition));
  const known = new Map<string, Codes>();
  return rewriteNodes(graph, (g, node) => {
    if (additions.has(node)) return true;
    const target = byNode.get(node);
    if (!target) return false;
    const { input } = target;
    const codes = known.get(input.name) ?? emitCodes(g, input, ranges.get(input.name)!);
    known.set(input.name, codes);
    if (target.kind === 'kernel') emitConvolution(g, target, codes, weights.get(target)!);
    else emitProduct(g, target, codes, weights.get(target)!);
    return true;
  });
}

/** Values as codes from 0 to 255, and what they stand for. */
interface Codes {
  readonly codes: AnyValue;
  readonly scale: AnyValue;
  readonly zero: AnyValue;
}

function emitCodes(g: GraphBuilder, input: AnyValue, { low, high }: Range): Codes {
  const step = Math.fround(Math.max(high - low, 1e-8) / 255);
  const scale = g.constant(tensor('float32', [], Float32Array.of(step)));
  const zero = g.constant(tensor('uint8', [], Uint8Array.of(Math.max(0, Math.min(255, Math.round(-low / step))))));
  const codes: AnyValue = { name: g.unique('codes'), dtype: 'uint8', shape: input.shape };
  append(g, 'QuantizeLinear', [input, scale, zero], [codes]);
  return { codes, scale, zero };
}

/** ONNX Runtime's product of codes with a bias: what it makes of QDQ around MatMul, but not around one with a bias. */
function emitProduct(g: GraphBuilder, target: Target, { codes, scale, zero }: Codes, weight: Int8Weight): void {
  const { bias, outputs } = target;
  const { w, s } = referWeight(g, target, weight);
  const inputs = [codes, w, scale, s, zero, undefined, ...(bias ? [bias] : [])];
  append(g, 'MatMulIntegerToFloat', inputs, outputs, 'com.microsoft');
}

/** QDQ: the convolution itself stays one of floats, around which runtimes see the codes. */
function emitConvolution(g: GraphBuilder, target: Target, { codes, scale, zero }: Codes, weight: Int8Weight): void {
  const { node, bias, outputs, input } = target;
  const { w, s } = referWeight(g, target, weight);
  const zeros = g.constant(tensor('int8', [weight.scales.length], new Int8Array(weight.scales.length)));
  const x: AnyValue = { name: g.unique('rounded'), dtype: 'float32', shape: input.shape };
  const kernel: AnyValue = { name: g.unique('kernel'), dtype: 'float32', shape: weight.shape };
  append(g, 'DequantizeLinear', [codes, scale, zero], [x]);
  append(g, 'DequantizeLinear', [w, s, zeros], [kernel], '', { axis: { type: 'int', value: 0 } });
  append(g, 'Conv', bias ? [x, kernel, bias] : [x, kernel], outputs, '', node.attributes);
}

function referWeight(g: GraphBuilder, { weight }: Target, { shape, codes, scales }: Int8Weight) {
  const w = g.refer(`${weight}.int8`, tensor('int8', shape, codes));
  return { w, s: g.refer(`${weight}.scales`, tensor('float32', [scales.length], scales)) };
}

function append(
  g: GraphBuilder,
  op: string,
  inputs: Node['inputs'],
  outputs: Node['outputs'],
  domain = '',
  attributes: Node['attributes'] = {},
): void {
  g.append({ name: g.unique(op), op, domain, inputs, outputs, attributes });
}
