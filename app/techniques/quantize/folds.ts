/** Where a scale of a linear layer's inputs can be folded into what makes them. */

import type { LinearGroup } from '../../models/layer-walk.ts';
import type { Graph, Node } from '../../tensor/graph.ts';

/** Names of weights whose first axis runs over the inputs' features: a norm's, or a linear layer's rows and bias. */
export interface Fold {
  /** A linear layer that makes the inputs (times something else). */
  readonly module?: string;
  /** Vectors: weight and bias of a norm, bias of the linear layer. */
  readonly vectors: readonly string[];
}

/** Undefined where somebody else reads the inputs too, or what makes them cannot take a scale. */
export function foldOf(graph: Graph, group: LinearGroup, linears: ReadonlyMap<string, unknown>): Fold | undefined {
  const readers = graph.nodes.filter((node) => node.inputs.some((x) => x?.name === group.input));
  if (readers.length !== group.modules.length) return undefined;
  const inputs = new Set(graph.inputs.map((x) => x.name));
  const maker = (name: string | undefined) => graph.nodes.find((node) => node.outputs[0]?.name === name);
  const node = maker(group.input);
  switch (node?.op) {
    case 'RmsNorm':
    case 'LayerNormalization': {
      const vectors = node.inputs.slice(1).map((x) => x?.name ?? '');
      // Gemma's norms add one to their weight first.
      return vectors.every((name) => inputs.has(name) && readOnce(graph, name)) ? { vectors } : undefined;
    }
    case 'SwiGlu':
      return linearBehind(graph, maker, node.inputs[1]?.name, linears);
    case 'Mul':
      return (
        linearBehind(graph, maker, node.inputs[1]?.name, linears) ??
        linearBehind(graph, maker, node.inputs[0]?.name, linears)
      );
    default:
      return undefined;
  }
}

const readOnce = (graph: Graph, name: string): boolean =>
  graph.nodes.filter((node) => node.inputs.some((x) => x?.name === name)).length === 1;

function linearBehind(
  graph: Graph,
  maker: (name: string | undefined) => Node | undefined,
  value: string | undefined,
  linears: ReadonlyMap<string, unknown>,
): Fold | undefined {
  const node = maker(value);
  if (!node || !readOnce(graph, value!)) return undefined;
  const withBias = node.op === 'Add' && /\.bias$/.test(node.inputs[1]?.name ?? '');
  const product = withBias ? maker(node.inputs[0]?.name) : node;
  const module = product?.inputs[1]?.name.replace(/\.weight$/, '') ?? '';
  if (!linears.has(module) || (product?.op !== 'FusedMatMul' && product?.op !== 'MatMul')) return undefined;
  return { module, vectors: withBias ? [node.inputs[1]!.name] : [] };
}
