/** Convolution channels of an ONNX network really go, with whatever reads them: the result is an ordinary smaller network. */
import { UserError } from '../../../contract/errors.ts';
import { readConstant } from '../../../models/weights/constants.ts';
import type { OnnxModel } from '../../../onnx/decode.ts';
import { isFloat } from '../../../tensor/dtype.ts';
import type { AnyValue, Constant, Graph, Node } from '../../../tensor/graph.ts';
import { int64, type Tensor } from '../../../tensor/tensor.ts';
import { largest } from '../select.ts';
import { type ChannelGroup, keptPlaces } from './channel-groups.ts';
import { type Followed, followChannels } from './follow-channels.ts';
import { byFilters, type Rate } from './importance.ts';

export interface ConvolutionsCut {
  readonly model: OnnxModel;
  /** Channels that went, of all that convolutions make. */
  readonly removed: { readonly channels: number; readonly of: number };
  /** Convolutions whose channels stayed, and what keeps them. */
  readonly whole: readonly { readonly convolutions: readonly string[]; readonly because: string }[];
}

/**
 * @param share of the channels of each group that goes; at least one stays
 * @throws UserError prune/too-much, arguments/invalid, model/unsupported where nothing can go
 */
export async function cutConvolutions(
  model: OnnxModel,
  share: number,
  rate: Rate = byFilters,
): Promise<ConvolutionsCut> {
  if (share >= 1)
    throw new UserError('prune/too-much', `--amount: a share of ${share} leaves no channel: give one below 1`);
  const graph = liftConstants(model.graph);
  const followed = followChannels(graph);
  const made = followed.groups.filter(({ makers }) => makers.length > 0);
  if (made.length === 0)
    throw new UserError('model/unsupported', 'the network has no convolutions whose channels could go');
  const free = made.filter(({ obstacle }) => obstacle === undefined);
  const kept = new Map<ChannelGroup, readonly number[]>();
  const importanceOf = await rate(graph, followed);
  for (const group of free) {
    const left = Math.max(1, group.size - Math.round(share * group.size));
    if (left < group.size) kept.set(group, largest(await importanceOf(group), left));
  }
  const whole = made.flatMap(({ obstacle: because, makers }) =>
    because === undefined ? [] : [{ convolutions: makers.map(({ node }) => node), because }],
  );
  if (free.length === 0) {
    throw new UserError('model/unsupported', `no channels can go: ${whole.map(({ because }) => because).join('; ')}`);
  }
  if (kept.size === 0)
    throw new UserError('arguments/invalid', `--amount: ${share} of every group is less than one channel`);
  const gone = [...kept].reduce((sum, [group, keep]) => sum + group.size - keep.length, 0);
  const of = made.reduce((sum, { size }) => sum + size, 0);
  return {
    model: { ...model, graph: await rewritten(graph, followed, kept) },
    removed: { channels: gone, of },
    whole,
  };
}

/** Constants that are nodes become constants of the graph, and every reader of a vector has one of its own to cut. */
function liftConstants(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const lifted = graph.nodes.filter(({ op, domain, attributes: { value }, inputs, outputs: [output] }) => {
    if (domain !== '' || !output || outputs.has(output.name)) return true;
    // Exporters let equal constants go through an Identity.
    const source = op === 'Identity' ? constants.get(inputs[0]?.name ?? '') : undefined;
    const constant = op === 'Constant' && value?.type === 'tensor' ? value.value : source;
    if (constant) constants.set(output.name, constant);
    return !constant;
  });
  const read = new Set<string>();
  const nodes = lifted.map((node) => {
    const inputs = node.inputs.map((value) => {
      const constant = value && constants.get(value.name);
      if (constant?.shape.length !== 1 || !isFloat(constant.dtype)) return value;
      if (!read.has(value!.name)) {
        read.add(value!.name);
        return value;
      }
      const name = `${value!.name} of ${node.name}`;
      constants.set(name, constant);
      return { ...value!, name };
    });
    return { ...node, inputs };
  });
  return { ...graph, nodes, constants };
}

type Kept = ReadonlyMap<ChannelGroup, readonly number[]>;

async function rewritten(
  graph: Graph,
  { places, channels, depthwise, reshapes }: Followed,
  kept: Kept,
): Promise<Graph> {
  const constants = new Map(graph.constants);
  for (const place of places) {
    if (!place.groups.some((group) => kept.has(group.root))) continue;
    const tensor = await inMemory(constants.get(place.constant)!);
    constants.set(place.constant, take(tensor, place.axis, keptPlaces(place, kept)));
  }
  const retyped = (value: AnyValue | undefined): AnyValue | undefined => {
    if (!value) return value;
    const constant = constants.get(value.name);
    if (constant) return { ...value, shape: constant.shape };
    // Their sizes follow from those of the constants; the runtime infers them.
    return channels.has(value.name) ? { ...value, shape: undefined } : value;
  };
  const nodes = graph.nodes.map((node): Node => {
    const groups = depthwise.get(node.name);
    const reshape = reshapes.get(node.name);
    const inputs = [...node.inputs];
    if (reshape) {
      const target = constants.get(inputs[1]!.name) as Tensor;
      const name = `${node.name}.target`;
      const batch = Number((target.data as BigInt64Array)[0]);
      constants.set(name, int64([2], [batch, keptPlaces(reshape, kept).length]));
      inputs[1] = { name, dtype: 'int64', shape: [2] };
    }
    return {
      ...node,
      inputs: inputs.map(retyped),
      outputs: node.outputs.map(retyped),
      ...(groups
        ? {
            attributes: {
              ...node.attributes,
              group: { type: 'int', value: keptPlaces({ groups, repeat: 1 }, kept).length },
            },
          }
        : {}),
    };
  });
  return { ...graph, nodes, constants };
}

const inMemory = async (constant: Constant): Promise<Tensor> =>
  'data' in constant ? constant : readConstant(constant);

/** Keeps some places of an axis, in any element type. */
function take(tensor: Tensor, axis: number, keep: readonly number[]): Tensor {
  const { shape } = tensor;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const source = tensor.data as Float32Array;
  const data = new (source.constructor as typeof Float32Array)(outer * keep.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [i, place] of keep.entries()) {
      const from = (o * shape[axis] + place) * inner;
      data.set(source.subarray(from, from + inner), (o * keep.length + i) * inner);
    }
  }
  return { ...tensor, shape: shape.map((d, i) => (i === axis ? keep.length : d)), data };
}
