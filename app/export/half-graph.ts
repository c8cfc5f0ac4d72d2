/** A graph that computes in float16: for GPUs that do, and elsewhere ONNX Runtime widens what it has no such kernel for. */
import { readFloats } from '../models/weights/constants.ts';
import { CAST_CODES } from '../tensor/cast-codes.ts';
import type { AnyValue, Constant, Graph, Node } from '../tensor/graph.ts';
import { encodeFloat16 } from '../tensor/half.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

/** Masks are as good at this as at float32's end, and adding a score to it does not leave float16. */
const LARGEST = 2 ** 15;

/**
 * Every float32 inside becomes float16; what goes in and comes out stays as it is.
 * @throws Error for float32 inputs: a bug, encoders read tokens
 */
export async function halfGraph(graph: Graph): Promise<Graph> {
  const float = graph.inputs.find(({ dtype }) => dtype === 'float32');
  if (float) throw new Error(`${float.name} is no token`);
  const constants = new Map<string, Constant>();
  for (const [name, constant] of graph.constants) {
    constants.set(name, constant.dtype === 'float32' ? await halved(constant) : constant);
  }
  const wide = new Set(graph.outputs.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name));
  const narrow = <T extends AnyValue | undefined>(value: T): T =>
    value?.dtype === 'float32'
      ? { ...value, dtype: 'float16', name: wide.has(value.name) ? `${value.name}.half` : value.name }
      : value;
  const nodes = await Promise.all(graph.nodes.map((node) => narrowNode(node, narrow)));
  const casts = graph.outputs
    .filter(({ name }) => wide.has(name))
    .map((output): Node => {
      const attributes = { to: { type: 'int', value: CAST_CODES.float32 } } as const;
      return {
        name: `${output.name}.wide`,
        op: 'Cast',
        domain: '',
        inputs: [narrow(output)],
        outputs: [output],
        attributes,
      };
    });
  return { ...graph, constants, nodes: [...nodes, ...casts] };
}

/** Means and deviations that norms give besides, which are float32 whatever they norm; nobody reads them. */
const isStatistic = ({ op }: Node, output: number): boolean =>
  op.endsWith('LayerNormalization') && (output === 1 || output === 2);

async function narrowNode(node: Node, narrow: <T extends AnyValue | undefined>(value: T) => T): Promise<Node> {
  const attributes: Record<string, Node['attributes'][string]> = {};
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const casts = node.op === 'Cast' && name === 'to' && attribute.value === CAST_CODES.float32;
    if (casts) attributes[name] = { type: 'int', value: CAST_CODES.float16 };
    else if (attribute.type === 'tensor' && attribute.value.dtype === 'float32')
      attributes[name] = { type: 'tensor', value: await halved(attribute.value) };
    else attributes[name] = attribute;
  }
  const outputs = node.outputs.map((value, i) => (isStatistic(node, i) ? value : narrow(value)));
  return { ...node, attributes, inputs: node.inputs.map(narrow), outputs };
}

async function halved(constant: Constant): Promise<Tensor> {
  const values = await readFloats(constant);
  const bounded = values.map((value) => Math.max(-LARGEST, Math.min(LARGEST, value)));
  return tensor('float16', constant.shape, encodeFloat16(bounded));
}
