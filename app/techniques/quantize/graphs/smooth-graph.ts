/** SmoothQuant for whole graphs: inputs of products are divided by factors that the products' weights take up. */
import { assertFinite } from '../../../models/finite.ts';
import { readFloats } from '../../../models/weights/constants.ts';
import { rewriteNodes, Uses } from '../../../onnx/fusions/fusion.ts';
import type { GraphBuilder } from '../../../tensor/builder.ts';
import type { AnyValue, Graph, Node } from '../../../tensor/graph.ts';
import { tensor } from '../../../tensor/tensor.ts';
import { transpose } from '../../../tensor/transpose-matrix.ts';
import { columnMaxima, smoothScales } from '../smooth.ts';
import { type ActivationOptions, type Feeds, withActivations } from './activations.ts';
import type { Target } from './targets.ts';

interface Group {
  readonly input: AnyValue;
  readonly targets: readonly Target[];
  readonly scales: Float32Array;
  /** Of each target: its matrix with the factors, in the order of the file. */
  readonly weights: ReadonlyMap<Node, Float32Array>;
}

/**
 * The same function with smoother inputs of its products (see `smoothScales`). Factors go into the norm before where only
 * the products read it; elsewhere, as where a residual reads it too, one multiplication by them stands before the products.
 * @throws UserError weights/not-finite
 */
export async function smoothGraph(
  graph: Graph,
  targets: readonly Target[],
  data: readonly Feeds[],
  alpha: number,
  options: ActivationOptions,
): Promise<Graph> {
  const groups = await groupsOf(graph, targets, data, alpha, options);
  const norms = new Map<Node, { readonly group: Group; readonly vectors: readonly (Float32Array | undefined)[] }>();
  const uses = new Uses(graph);
  for (const group of groups) {
    const norm = normBefore(graph, uses, group);
    if (!norm) continue;
    const vectors: (Float32Array | undefined)[] = [];
    for (const vector of norm.inputs.slice(1)) {
      const values = vector && (await readFloats(graph.constants.get(vector.name)!));
      vectors.push(values?.map((v, i) => v / group.scales[i]));
    }
    norms.set(norm, { group, vectors });
  }
  const folded = new Set([...norms.values()].map(({ group }) => group.input.name));
  const byNode = new Map(groups.flatMap((group) => group.targets.map(({ node }) => [node, group] as const)));
  const divided = new Map<string, AnyValue>();
  return rewriteNodes(graph, (g, node) => {
    const norm = norms.get(node);
    if (norm) {
      const vectors = norm.vectors.map(
        (values, i) =>
          values &&
          constantOf(g, `${node.inputs[i + 1]!.name}.smooth.${node.outputs[0]!.name}`, [values.length], values),
      );
      g.append({ ...node, inputs: [node.inputs[0], ...vectors] });
      return true;
    }
    const group = byNode.get(node);
    if (!group) return false;
    const [, w, ...others] = node.inputs;
    const { input } = group;
    let x = folded.has(input.name) ? input : divided.get(input.name);
    if (!x) {
      x = divide(g, group);
      divided.set(input.name, x);
    }
    const name = `${w!.name}.smooth.${input.name}`;
    const weight = constantOf(g, name, graph.constants.get(w!.name)!.shape, group.weights.get(node)!);
    g.append({ ...node, inputs: [x, weight, ...others] });
    return true;
  });
}

const constantOf = (g: GraphBuilder, name: string, shape: readonly number[], values: Float32Array) =>
  g.refer(name, tensor('float32', shape, values as Float32Array<ArrayBuffer>));

function divide(g: GraphBuilder, { input, scales }: Group): AnyValue {
  const inverse = constantOf(
    g,
    `${input.name}.inverse`,
    [scales.length],
    scales.map((s) => 1 / s),
  );
  const output: AnyValue = { ...input, name: g.unique(`${input.name}.smooth`) };
  g.append({
    name: g.unique('Mul'),
    op: 'Mul',
    domain: '',
    inputs: [input, inverse],
    outputs: [output],
    attributes: {},
  });
  return output;
}

async function groupsOf(
  graph: Graph,
  targets: readonly Target[],
  data: readonly Feeds[],
  alpha: number,
  options: ActivationOptions,
): Promise<Group[]> {
  const byInput = new Map<string, Target[]>();
  for (const target of targets) {
    if (target.kind !== 'matrix') continue;
    byInput.set(target.input.name, [...(byInput.get(target.input.name) ?? []), target]);
  }
  const inputs = [...byInput.values()].map(([{ input }]) => input);
  if (inputs.length === 0) return [];
  const maxima = await withActivations(graph, inputs, data, options, async (each) => {
    const most = new Map<string, Float32Array>();
    await each((name, { shape, data: values }) => {
      const width = shape[shape.length - 1];
      const known = most.get(name) ?? new Float32Array(width);
      const found = columnMaxima([known, values as Float32Array], width);
      most.set(name, found);
    });
    return most;
  });
  const groups: Group[] = [];
  for (const [name, own] of byInput) {
    const activations = maxima.get(name)!;
    const matrices: Float32Array[] = [];
    for (const target of own) matrices.push(await matrixOf(graph, target));
    const scales = smoothScales(activations, columnMaxima(matrices, activations.length), alpha);
    const weights = new Map(own.map((target, i) => [target.node, scaledInFileOrder(matrices[i], target, scales)]));
    groups.push({ input: own[0].input, targets: own, scales, weights });
  }
  return groups;
}

/** [outputs, inputs] */
async function matrixOf(graph: Graph, { weight, transposed }: Target): Promise<Float32Array> {
  const constant = graph.constants.get(weight)!;
  const values = await readFloats(constant);
  assertFinite(values, weight);
  const [inputs, outputs] = constant.shape;
  return transposed ? values : transpose(values, inputs, outputs);
}

/** @param rows [outputs, inputs] */
function scaledInFileOrder(rows: Float32Array, { transposed }: Target, scales: Float32Array): Float32Array {
  const inputs = scales.length;
  const scaled = rows.map((v, i) => v * scales[i % inputs]);
  return transposed ? scaled : transpose(scaled, rows.length / inputs, inputs);
}

const NORMS: ReadonlySet<string> = new Set(['LayerNormalization', 'SimplifiedLayerNormalization', 'RMSNormalization']);

/** The norm that makes the group's input, where nobody else reads it and its vectors are constants of its own. */
function normBefore(graph: Graph, uses: Uses, { input, targets, scales }: Group): Node | undefined {
  const norm = uses.maker(input);
  if (!norm || !NORMS.has(norm.op) || norm.outputs[0]?.name !== input.name) return undefined;
  const nodes = new Set(targets.map(({ node }) => node));
  const shown = graph.outputs.some(({ name }) => name === input.name);
  if (shown || !uses.readers(input).every((reader) => nodes.has(reader))) return undefined;
  const vectors = norm.inputs.slice(1).filter((x) => x !== undefined);
  const whole = vectors.every(({ name }) => {
    const constant = graph.constants.get(name);
    return constant?.dtype === 'float32' && constant.shape.length === 1 && constant.shape[0] === scales.length;
  });
  return whole ? norm : undefined;
}
