/** Graphs whose activations have fixed scales, found by running calibration data through them: QDQ, which runtimes fuse. */
import { rewriteNodes } from '../../../onnx/fusions/fusion.ts';
import { openSession } from '../../../runtime/open.ts';
import type { GraphBuilder } from '../../../tensor/builder.ts';
import type { AnyValue, Graph } from '../../../tensor/graph.ts';
import { type Tensor, tensor } from '../../../tensor/tensor.ts';
import { chooseRange, Histogram, type Range, type RangeMethod } from './ranges.ts';
import { type Int8Weight, int8Weight, type Target } from './targets.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

export interface RangeOptions {
  readonly method: RangeMethod;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly dataFolder: string;
  /** Encodes a graph; its large constants are where they were. */
  readonly encode: (graph: Graph) => Uint8Array;
}

/** By the name of the value that a target is given: first its ends, then its histogram, in two runs over the data. */
export async function measureRanges(
  graph: Graph,
  targets: readonly Target[],
  data: readonly Feeds[],
  { method, threads, signal, dataFolder, encode }: RangeOptions,
): Promise<Map<string, Range>> {
  const names = [...new Set(targets.map(({ input }) => input.name))];
  const made = names.filter((name) => !graph.inputs.some((x) => x.name === name));
  const known = new Set(graph.outputs.map(({ name }) => name));
  const values = new Map(targets.map(({ input }) => [input.name, input]));
  const extra = made
    .filter((name) => !known.has(name))
    .map((name) => ({ ...values.get(name)!, dtype: 'float32' as const }));
  const session = await openSession(encode({ ...graph, outputs: [...graph.outputs, ...extra] }), {
    threads,
    dataFolder,
    optimization: 'basic',
  });
  try {
    const each = async (visit: (name: string, values: Float32Array) => void) => {
      for (const feeds of data) {
        signal?.throwIfAborted();
        const results = made.length > 0 ? await session.run(feeds, made, { signal }) : {};
        for (const name of names) visit(name, (results[name] ?? feeds[name]).data as Float32Array);
      }
    };
    const ends = new Map<string, Range>(names.map((name) => [name, { low: 0, high: 0 }]));
    await each((name, found) => {
      let { low, high } = ends.get(name)!;
      for (const value of found) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
      ends.set(name, { low, high });
    });
    const histograms = new Map<string, Histogram>([...ends].map(([name, range]) => [name, new Histogram(range)]));
    if (method !== 'minmax') await each((name, found) => histograms.get(name)!.add(found));
    return new Map([...histograms].map(([name, histogram]) => [name, chooseRange(histogram, method)]));
  } finally {
    session.dispose();
  }
}

export async function staticGraph(
  graph: Graph,
  targets: readonly Target[],
  ranges: ReadonlyMap<string, Range>,
): Promise<Graph> {
  const weights = new Map<Target, Int8Weight>();
  for (const target of targets) weights.set(target, await int8Weight(graph, target));
  const byNode = new Map(targets.map((target) => [target.node, target]));
  const rounded = new Map<string, AnyValue>();
  return rewriteNodes(graph, (g, node) => {
    const target = byNode.get(node);
    if (!target) return false;
    const { input, bias, kind } = target;
    const known = rounded.get(input.name);
    const x = known ?? emitRounding(g, input, ranges.get(input.name)!);
    rounded.set(input.name, x);
    const w = emitWeight(g, target, weights.get(target)!);
    const op = kind === 'kernel' ? 'Conv' : 'MatMul';
    const attributes = kind === 'kernel' ? node.attributes : {};
    const common = { name: g.unique(op), op, domain: '', attributes };
    if (kind === 'kernel' || !bias) {
      g.append({ ...common, inputs: bias ? [x, w, bias] : [x, w], outputs: node.outputs });
      return true;
    }
    const product: AnyValue = { name: g.unique('product'), dtype: 'float32', shape: undefined };
    g.append({ ...common, inputs: [x, w], outputs: [product] });
    g.append({
      name: g.unique('Add'),
      op: 'Add',
      domain: '',
      inputs: [product, bias],
      outputs: node.outputs,
      attributes: {},
    });
    return true;
  });
}

/** Codes from 0 to 255 over the range, and back to floats. */
function emitRounding(g: GraphBuilder, input: AnyValue, { low, high }: Range): AnyValue {
  const width = Math.fround(Math.max(high - low, 1e-8) / 255);
  const scale = g.constant(tensor('float32', [], Float32Array.of(width)));
  const zero = g.constant(tensor('uint8', [], Uint8Array.of(Math.max(0, Math.min(255, Math.round(-low / width))))));
  const codes: AnyValue = { name: g.unique('codes'), dtype: 'uint8', shape: input.shape };
  const back: AnyValue = { name: g.unique('rounded'), dtype: 'float32', shape: input.shape };
  const node = (op: string, x: AnyValue, y: AnyValue) =>
    g.append({ name: g.unique(op), op, domain: '', inputs: [x, scale, zero], outputs: [y], attributes: {} });
  node('QuantizeLinear', input, codes);
  node('DequantizeLinear', codes, back);
  return back;
}

function emitWeight(g: GraphBuilder, { weight, kind }: Target, { shape, codes, scales }: Int8Weight): AnyValue {
  const w = g.refer(`${weight}.int8`, tensor('int8', shape, codes));
  const s = g.refer(`${weight}.scales`, tensor('float32', [scales.length], scales));
  const zeros = g.constant(tensor('int8', [scales.length], new Int8Array(scales.length)));
  const y: AnyValue = { name: g.unique('weight'), dtype: 'float32', shape };
  g.append({
    name: g.unique('DequantizeLinear'),
    op: 'DequantizeLinear',
    domain: '',
    inputs: [w, s, zeros],
    outputs: [y],
    attributes: { axis: { type: 'int', value: kind === 'kernel' ? 0 : 1 } },
  });
  return y;
}
