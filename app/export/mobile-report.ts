/** What a phone's runtime must know: operators with the types they are used with, opsets, inputs, axes that are not fixed. */
import type { OnnxModel } from '../onnx/decode.ts';
import type { AnyValue, Graph, Node } from '../tensor/graph.ts';

export interface MobileReport {
  readonly opsets: Readonly<Record<string, number>>;
  readonly sizeBytes: Readonly<Record<string, number>>;
  readonly inputs: readonly Described[];
  readonly outputs: readonly Described[];
  /** Axes whose length is free: NNAPI and Core ML leave such graphs to the processor, as the CPU provider does. */
  readonly freeAxes: readonly string[];
  readonly operators: readonly { readonly name: string; readonly count: number; readonly types: readonly string[] }[];
  readonly notes: readonly string[];
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

const domainOf = (domain: string): string => (domain === '' ? 'ai.onnx' : domain);

/** All nodes, those of branches and loops too. */
function* nodesOf(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node;
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type === 'graph') yield* nodesOf(attribute.value);
      if (attribute.type === 'graphs') for (const inner of attribute.value) yield* nodesOf(inner);
    }
  }
}

/** The file that ONNX Runtime's build script takes as `--include_ops_by_config`: a line for each domain and its opset. */
export function requiredOperators(models: readonly OnnxModel[]): string {
  const lines = new Map<string, Set<string>>();
  for (const { graph } of models) {
    for (const { domain, op } of nodesOf(graph)) {
      const key = `${domainOf(domain)};${graph.opsets[domain] ?? graph.opsets['ai.onnx'] ?? 1}`;
      lines.set(key, (lines.get(key) ?? new Set()).add(op));
    }
  }
  const text = [...lines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, ops]) => `${key};${[...ops].sort().join(',')}`);
  return `# Operators of model.onnx and model.ort, for onnxruntime's build.sh --include_ops_by_config\n${text.join('\n')}\n`;
}

const describe = ({ name, dtype, shape }: AnyValue): Described => ({ name, type: dtype, shape: shape ?? [] });

/**
 * @param models the file as it is written first (operators are its), then as the runtime rewrites it
 * @param version of the ONNX Runtime that wrote model.ort
 */
export function mobileReport(
  models: readonly OnnxModel[],
  sizeBytes: Readonly<Record<string, number>>,
  version: string,
): MobileReport {
  const [{ graph }] = models;
  const operators = new Map<string, { count: number; types: Set<string> }>();
  for (const node of nodesOf(graph)) {
    const name = `${domainOf(node.domain)}.${node.op}`;
    const entry = operators.get(name) ?? { count: 0, types: new Set<string>() };
    entry.count += 1;
    for (const value of [...node.inputs, ...node.outputs])
      if (value && value.dtype !== 'unknown') entry.types.add(value.dtype);
    operators.set(name, entry);
  }
  const ends = [...graph.inputs, ...graph.outputs];
  const freeAxes = new Set(ends.flatMap(({ shape }) => (shape ?? []).filter((axis) => typeof axis === 'string')));
  return {
    opsets: Object.fromEntries(Object.entries(graph.opsets).map(([domain, version]) => [domainOf(domain), version])),
    sizeBytes,
    inputs: graph.inputs.map(describe),
    outputs: graph.outputs.map(describe),
    freeAxes: [...freeAxes] as string[],
    operators: [...operators]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { count, types }]) => ({ name, count, types: [...types].sort() })),
    notes: [
      'model.ort' in sizeBytes
        ? `model.ort was written by ONNX Runtime ${version}, with rewrites that suit every processor: apps with an older one take model.onnx`
        : 'too large for one file, so there is no model.ort: keep the data file beside model.onnx',
      ...(sizeBytes['model.ort'] > 1.2 * sizeBytes['model.onnx']
        ? ['model.ort holds in float32 what model.onnx holds in half precision: ship model.onnx, or quantize first']
        : []),
      ...(freeAxes.size > 0 ? ['free axes: NNAPI and Core ML will leave the graph to the CPU provider'] : []),
    ],
  };
}
