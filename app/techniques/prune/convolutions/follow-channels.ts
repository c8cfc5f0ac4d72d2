/** Follows channels through an ONNX network: which axes of which constants hold them, and what keeps some of them whole. */
import { Uses } from '../../../onnx/fusions/fusion.ts';
import { outerReads } from '../../../tensor/builder.ts';
import { isFloat } from '../../../tensor/dtype.ts';
import type { AnyValue, Constant, Graph, Node } from '../../../tensor/graph.ts';
import { ChannelGroup, type Channels, channelsIn, type Place, type Reader } from './channel-groups.ts';

export interface Followed {
  /** Every group once. */
  readonly groups: readonly ChannelGroup[];
  readonly places: readonly Place[];
  readonly readers: readonly Reader[];
  /** Value -> its channels. */
  readonly channels: ReadonlyMap<string, Channels>;
  /** Depthwise convolutions, whose `group` counts their channels. */
  readonly depthwise: ReadonlyMap<string, readonly ChannelGroup[]>;
  /** Reshapes to [batch, features] whose constant target counts the features. */
  readonly reshapes: ReadonlyMap<string, Pick<Place, 'groups' | 'repeat'>>;
}

/** Operators that leave every channel what it is. */
const SAME = new Set(
  'Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Mish Gelu Erf Exp Sqrt Abs Neg Clip Dropout Identity Cast MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool Floor Ceil'.split(
    ' ',
  ),
);
const PAIRS = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'PRelu', 'Sum']);

export function followChannels(graph: Graph): Followed {
  return new Follower(graph).follow();
}

class Follower {
  readonly #graph: Graph;
  readonly #uses: Uses;
  readonly #channels = new Map<string, Channels>();
  readonly #all: ChannelGroup[] = [];
  readonly #places: Place[] = [];
  readonly #readers: Reader[] = [];
  readonly #depthwise = new Map<string, readonly ChannelGroup[]>();
  readonly #reshapes = new Map<string, Pick<Place, 'groups' | 'repeat'>>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#uses = new Uses(graph);
  }

  follow(): Followed {
    for (const node of this.#graph.nodes) this.#node(node);
    for (const { name } of this.#graph.outputs) this.#block(name, 'an output of the model');
    return {
      groups: [...new Set(this.#all.map(({ root }) => root))],
      places: this.#places,
      readers: this.#readers,
      channels: this.#channels,
      depthwise: this.#depthwise,
      reshapes: this.#reshapes,
    };
  }

  #node(node: Node): void {
    for (const name of outerReads(node)) this.#block(name, `${node.op} ${node.name}`);
    const [x] = node.inputs;
    const channels = x && this.#channels.get(x.name);
    if (node.domain === '' && this.#known(node, channels)) return;
    for (const input of node.inputs) if (input) this.#block(input.name, `${node.op} ${node.name}`);
  }

  /** @returns whether the node's channels are accounted for */
  #known(node: Node, channels: Channels | undefined): boolean {
    if (node.op === 'Conv' || node.op === 'ConvTranspose') return this.#convolution(node, channels);
    if (PAIRS.has(node.op)) return this.#pair(node);
    if (node.op === 'Concat') return this.#concat(node);
    if (!channels) return node.inputs.every((value) => !value || !this.#channels.has(value.name));
    if (SAME.has(node.op)) return this.#give(node, channels);
    switch (node.op) {
      case 'BatchNormalization':
      case 'InstanceNormalization':
        return !channels.flat && this.#norm(node, channels);
      case 'Flatten':
        return intOf(node, 'axis', 1) === 1 && this.#give(node, { ...channels, flat: true });
      case 'Reshape':
        return this.#reshape(node, channels);
      case 'Squeeze':
        return isPlane(this.#axes(node)) && this.#give(node, { ...channels, flat: true });
      case 'ReduceMean':
      case 'ReduceMax':
        if (channels.flat || !isPlane(this.#axes(node))) return false;
        return this.#give(node, { ...channels, flat: intOf(node, 'keepdims', 1) === 0 });
      case 'Pad':
      case 'Resize':
      case 'Upsample':
        return !channels.flat && this.#leavesChannels(node) && this.#give(node, channels);
      case 'Gemm':
        return (
          channels.flat && intOf(node, 'transA', 0) === 0 && this.#product(node, channels, intOf(node, 'transB', 0))
        );
      case 'MatMul':
        return channels.flat && this.#product(node, channels, 0);
      default:
        return false;
    }
  }

  #convolution(node: Node, channels: Channels | undefined): boolean {
    const [, weight, bias] = node.inputs;
    const stored = this.#float(weight);
    if (!stored || channels?.flat) return false;
    const group = intOf(node, 'group', 1);
    const across = node.op === 'ConvTranspose';
    const [outputs, inputs] = across ? [1, 0] : [0, 1];
    const { shape } = stored;
    if (group === 1) {
      const made = this.#group(shape[outputs]);
      made.makers.push({ node: node.name, weight: weight!.name, axis: outputs as 0 | 1, norm: this.#normAfter(node) });
      this.#place(weight!, outputs, [made]);
      if (bias) this.#place(bias, 0, [made]);
      if (channels) this.#read(node, inputs, channels.groups);
      return this.#give(node, { groups: [made], flat: false });
    }
    if (across || !channels || shape[0] !== group || shape[1] !== 1 || channelsIn(channels) !== group) return false;
    this.#place(weight!, 0, channels.groups);
    if (bias) this.#place(bias, 0, channels.groups);
    this.#depthwise.set(node.name, channels.groups);
    return this.#give(node, channels);
  }

  #norm(node: Node, channels: Channels): boolean {
    const parameters = node.inputs.slice(1);
    if (parameters.some((value) => !this.#float(value))) return false;
    for (const value of parameters) this.#place(value!, 0, channels.groups);
    return this.#give(node, channels);
  }

  /** The batch norm that alone reads a convolution. */
  #normAfter(node: Node) {
    const [norm, ...others] = this.#uses.readers(node.outputs[0]!);
    if (norm?.op !== 'BatchNormalization' || others.length > 0) return undefined;
    const [, scale, , , variance] = norm.inputs;
    if (!this.#float(scale) || !this.#float(variance)) return undefined;
    const epsilon = norm.attributes.epsilon;
    return { scale: scale!.name, variance: variance!.name, epsilon: epsilon?.type === 'float' ? epsilon.value : 1e-5 };
  }

  /** Values combined element by element; constants go along where they have an entry for each channel. */
  #pair(node: Node): boolean {
    const inputs = node.inputs.filter((value) => value !== undefined);
    const moving = inputs.filter(({ name }) => !this.#graph.constants.has(name));
    const known = moving.map(({ name }) => this.#channels.get(name));
    if (known.every((channels) => channels === undefined)) return true;
    const [first] = known;
    if (!first || known.some((channels) => !channels || !alike(channels, first))) return false;
    const count = channelsIn(first);
    const rank = first.flat ? 2 : 4;
    for (const input of inputs) {
      const constant = this.#graph.constants.get(input.name);
      if (!constant || constant.shape.every((d) => d === 1)) continue;
      const axis = constant.shape.length - rank + 1;
      if (constant.shape.length > rank || !isFloat(constant.dtype) || first.flat) return false;
      if (axis < 0 || constant.shape[axis] === 1) continue;
      if (constant.shape[axis] !== count) return false;
      this.#place(input, axis, first.groups);
    }
    for (const channels of known) for (const [i, group] of channels!.groups.entries()) group.join(first.groups[i]);
    return this.#give(node, first);
  }

  #concat(node: Node): boolean {
    const parts = node.inputs.map((value) => value && this.#channels.get(value.name));
    if (parts.every((part) => part === undefined)) return true;
    if (parts.some((part) => !part || part.flat)) return false;
    const axis = intOf(node, 'axis', 0);
    if (axis === 1 || axis === -3)
      return this.#give(node, { groups: parts.flatMap((part) => part!.groups), flat: false });
    return false;
  }

  #reshape(node: Node, channels: Channels): boolean {
    const target = this.#integers(node.inputs[1]);
    if (channels.flat || target?.length !== 2) return false;
    const repeat = target[1] / channelsIn(channels);
    if (target[1] > 0) {
      if (!Number.isInteger(repeat)) return false;
      this.#reshapes.set(node.name, { groups: channels.groups, repeat });
    }
    return this.#give(node, { ...channels, flat: true });
  }

  #product(node: Node, channels: Channels, axis: number): boolean {
    const weight = node.inputs[1];
    const stored = this.#float(weight);
    if (stored?.shape.length !== 2) return false;
    const repeat = stored.shape[axis] / channelsIn(channels);
    if (!Number.isInteger(repeat)) return false;
    this.#read(node, axis, channels.groups, repeat);
    return true;
  }

  /** The second input multiplies the first. */
  #read({ inputs: [value, weight] }: Node, axis: number, groups: readonly ChannelGroup[], repeat = 1): void {
    this.#readers.push({ value: value!, constant: weight!.name, axis, groups, repeat });
    this.#place(weight!, axis, groups, repeat);
  }

  /** Padding and resizing of height and width alone. */
  #leavesChannels(node: Node): boolean {
    const lists = node.inputs.slice(1).map((value) => value && this.#graph.constants.get(value.name));
    const neutral = node.op === 'Pad' ? 0 : 1;
    for (const list of lists) {
      if (list?.shape.length !== 1 || !('data' in list)) continue;
      const channel = Array.from(list.data as Iterable<number | bigint>, Number);
      const at = node.op === 'Pad' && channel.length === 8 ? [1, 5] : channel.length === 4 ? [1] : [];
      // Sizes instead of scales name the channels: they would have to be changed.
      if (at.some((i) => channel[i] !== neutral)) return false;
    }
    return !node.attributes.pads && !node.attributes.axes;
  }

  #axes(node: Node): readonly number[] | undefined {
    const attribute = node.attributes.axes;
    return attribute?.type === 'ints' ? attribute.value : this.#integers(node.inputs[1]);
  }

  #integers(value: AnyValue | undefined): readonly number[] | undefined {
    const constant = value && this.#graph.constants.get(value.name);
    return constant && 'data' in constant && constant.dtype === 'int64'
      ? Array.from(constant.data as unknown as Iterable<bigint>, Number)
      : undefined;
  }

  #float(value: AnyValue | undefined): Constant | undefined {
    const constant = value && this.#graph.constants.get(value.name);
    return constant && isFloat(constant.dtype) ? constant : undefined;
  }

  #group(size: number): ChannelGroup {
    const group = new ChannelGroup(size);
    this.#all.push(group);
    return group;
  }

  #place(value: AnyValue, axis: number, groups: readonly ChannelGroup[], repeat = 1): void {
    const { name } = value;
    this.#places.push({ constant: name, axis, groups, repeat });
    // A weight read twice would have to be cut in two ways.
    if (this.#uses.readers(value).length > 1)
      for (const group of groups) group.block(`${name}, which several nodes read`);
  }

  #give(node: Node, channels: Channels): true {
    for (const output of node.outputs) if (output) this.#channels.set(output.name, channels);
    return true;
  }

  #block(name: string, why: string): void {
    for (const group of this.#channels.get(name)?.groups ?? []) group.block(why);
  }
}

const alike = (a: Channels, b: Channels): boolean =>
  a.flat === b.flat &&
  a.groups.length === b.groups.length &&
  a.groups.every(({ size }, i) => size === b.groups[i].size);

const isPlane = (axes: readonly number[] | undefined): boolean =>
  axes?.length === 2 && axes.every((axis) => axis === 2 || axis === 3 || axis === -1 || axis === -2);

function intOf(node: Node, name: string, initial: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === 'int' ? attribute.value : initial;
}
