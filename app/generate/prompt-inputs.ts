/**
 * What the linear layers of a model in blocks read as it reads a sample text: where single inputs tower over the others, int8
 * has few steps left for these.
 */
import { buildDecodingGraph } from '../models/graphs/decoding-graph.ts';
import { withoutUnread } from '../models/graphs/unread.ts';
import type { StoredModel } from '../models/stored.ts';
import { Uses } from '../onnx/fusions/fusion.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { type AnyValue, type Graph, isExternal, known, type Node, type Value } from '../tensor/graph.ts';
import { tensor, zeros } from '../tensor/tensor.ts';
import { type GraphOptions, openGraph } from './open-graph.ts';

/** A stored vector of a norm, to which the model adds the offset. */
export interface NormConstant {
  readonly name: string;
  readonly offset: number;
}

/** Linear layers that read the same values. */
interface Group {
  readonly modules: readonly string[];
  readonly input: Value;
  readonly norm: readonly NormConstant[] | undefined;
  /** The hidden state to which the result is added, with it. */
  readonly sum: Value | undefined;
}

export interface SampledGroup {
  readonly modules: readonly string[];
  /** Constants of the norm that makes this input for nobody else: where they are scaled, the input is. */
  readonly norm: readonly NormConstant[] | undefined;
  readonly width: number;
  /** [tokens, width] */
  readonly inputs: Float32Array;
  /** Squared length of each token's hidden state to which the result was added, [tokens]. */
  readonly sums: Float32Array | undefined;
}

/** Tokens that are read, and those of them that are looked at. */
const READ = 256;
const EVERY = 4;

/**
 * @param modules whose inputs are wanted
 * @param sample token ids of a text; its beginning is read
 * @throws UserError runtime/failed
 */
export async function sampleInputs(
  model: StoredModel,
  modules: ReadonlySet<string>,
  sample: ArrayLike<number>,
  options: GraphOptions,
): Promise<SampledGroup[]> {
  const ids = Array.from(sample).slice(0, Math.min(READ, model.config.maxLength));
  const whole = buildDecodingGraph(model, { ...model, maxLength: ids.length, lengths: 'lengths' });
  const groups = groupsOf(whole, modules);
  const { threads, pinned } = options;
  const session = await openGraph(watching(whole, groups), { threads, pinned });
  try {
    const shape = [1, model.config.keyValueHeads, 0, model.config.headDim];
    const positions = BigInt64Array.from(ids, (_, i) => BigInt(i));
    const feeds = {
      ...Object.fromEntries(session.inputs.map((name) => [name, zeros('float32', shape)])),
      input_ids: tensor('int64', [1, ids.length], BigInt64Array.from(ids, BigInt)),
      position_ids: tensor('int64', [1, ids.length], positions),
      last_position: tensor('int32', [1], Int32Array.of(ids.length - 1)),
      total_length: tensor('int32', [], Int32Array.of(ids.length)),
      rows: tensor(
        'int64',
        [Math.ceil(ids.length / EVERY)],
        positions.filter((_, i) => i % EVERY === 0),
      ),
    };
    const given = await session.run(
      Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name))),
    );
    return groups.map(({ modules: alike, norm }, i) => {
      const { data, shape: rows } = given[inputName(i)];
      const inputs = data as Float32Array;
      return {
        modules: alike,
        norm,
        width: rows[2],
        inputs,
        sums: given[sumName(i)]?.data as Float32Array | undefined,
      };
    });
  } finally {
    session.dispose();
  }
}

const inputName = (group: number): string => `input.${group}`;
const sumName = (group: number): string => `sum.${group}`;

/** The graph that gives out, instead of logits and cache, what the groups read at the tokens of the input `rows`. */
function watching(whole: Graph, groups: readonly Group[]): Graph {
  const g = new GraphBuilder(whole, { nodes: false });
  for (const node of whole.nodes) g.append(node);
  const rows = known(whole.inputs.find(({ name }) => name === 'rows'));
  for (const [i, { input, sum }] of groups.entries()) {
    g.output(g.gather(input, rows, 1), inputName(i));
    if (!sum) continue;
    const state = g.gather(sum, rows, 1);
    g.output(g.reduceSum(g.mul(state, state), [-1]), sumName(i));
  }
  return withoutUnread(g.build('inputs'));
}

const CODES = '.weight.codes';

function groupsOf(graph: Graph, wanted: ReadonlySet<string>): Group[] {
  const uses = new Uses(graph);
  const alike = new Map<string, { readonly nodes: Node[]; readonly modules: string[] }>();
  for (const node of graph.nodes) {
    if (node.op !== 'MatMulNBits') continue;
    const [x, codes] = node.inputs as AnyValue[];
    const { name } = (uses.maker(codes)?.inputs[0] ?? codes) as AnyValue;
    const module = name.slice(0, -CODES.length);
    if (!wanted.has(module)) continue;
    const { nodes, modules } = alike.get(x.name) ?? { nodes: [], modules: [] };
    alike.set(x.name, { nodes: [...nodes, node], modules: [...modules, module] });
  }
  return [...alike.values()].map(({ nodes, modules }) => {
    const input = known(nodes[0].inputs[0]);
    const alone = uses.readers(input).every((reader) => nodes.includes(reader));
    const sum = nodes.length === 1 ? sumOf(graph, uses, known(nodes[0].outputs[0])) : undefined;
    return { modules, input, norm: alone ? normOf(graph, uses, input) : undefined, sum };
  });
}

/** Weight and bias of the norm that makes a value, where nothing else reads them. */
function normOf(graph: Graph, uses: Uses, value: Value): NormConstant[] | undefined {
  const node = uses.maker(value);
  if (node?.op !== 'SimplifiedLayerNormalization' && node?.op !== 'LayerNormalization') return undefined;
  const constants = node.inputs.slice(1).map((part) => storedOf(graph, uses, part));
  return constants.every((constant) => constant !== undefined) ? constants : undefined;
}

/** The constant that makes a value, perhaps in another type and with a number added. */
function storedOf(graph: Graph, uses: Uses, value: AnyValue | undefined): NormConstant | undefined {
  if (!value || !uses.isPrivate(value)) return undefined;
  const maker = uses.maker(value);
  if (!maker) return graph.constants.has(value.name) ? { name: value.name, offset: 0 } : undefined;
  const stored = storedOf(graph, uses, maker.inputs[0]);
  if (!stored || maker.op === 'Cast') return stored;
  const added = maker.op === 'Add' ? graph.constants.get(maker.inputs[1]?.name ?? '') : undefined;
  if (!added || isExternal(added) || added.data.length !== 1) return undefined;
  return { ...stored, offset: stored.offset + Number(added.data[0]) };
}

/** What is made of a product, or of one with a bias, where hidden states are added to it. */
function sumOf(graph: Graph, uses: Uses, product: Value): Value | undefined {
  const [reader, ...others] = uses.readers(product);
  if (reader?.op !== 'Add' || others.length > 0) return undefined;
  const [sum] = reader.outputs;
  const other = reader.inputs.find((x) => x?.name !== product.name);
  const isBias = [other, uses.maker(other)?.inputs[0]].some((x) => x && graph.constants.has(x.name));
  return isBias ? sumOf(graph, uses, known(sum)) : known(sum);
}
