/**
 * Walks a decoder layer by layer over calibration text, so that a layer sees what the changed ones before it really
 * give, and only one layer's weights are in memory.
 */

import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { cut } from '../tensor/cut.ts';
import type { Graph, Node, Value } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { nameOutputs } from '../tensor/name-outputs.ts';
import { int64, type Tensor, tensor } from '../tensor/tensor.ts';
import { buildTrunk } from './graphs/predictions.ts';
import type { Model } from './model.ts';
import { readFloats } from './weights/constants.ts';

/** What calibration tokens tell about the inputs of a linear layer. */
export interface InputStatistics {
  readonly width: number;
  /** [width, width]: sum of x xᵀ over the tokens. */
  readonly gram: Float64Array;
  /** [width]: mean of |x|. */
  readonly meanAbsolute: Float64Array;
  /** [width]: largest |x|. */
  readonly maxAbsolute: Float64Array;
  readonly tokens: number;
}

/** Linear layers that read the same values. */
export interface LinearGroup {
  /** Name of the value in the graph. */
  readonly input: string;
  readonly modules: readonly string[];
}

/** New values of weights by their name. */
export type Weights = ReadonlyMap<string, Float32Array>;

export interface WalkOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

interface Layer {
  readonly input: Value;
  readonly output: Value;
  readonly groups: readonly LinearGroup[];
}

/** Tokens of one run. */
const TOKENS_AT_ONCE = 2048;

export class LayerWalk {
  readonly layers: readonly Layer[];
  /** The whole trunk, before it is lowered: what reads what. */
  readonly graph: Graph;
  readonly #model: Model;
  readonly #options: WalkOptions;
  readonly #batches: readonly Readonly<Record<string, Tensor>>[];
  /** Hidden states that enter the next layer, a tensor for each batch. */
  #hidden: Tensor[] = [];

  private constructor(model: Model, windows: readonly Int32Array[], options: WalkOptions) {
    this.#model = model;
    this.#options = options;
    const longest = windows.reduce((n, ids) => Math.max(n, ids.length), 1);
    const g = new GraphBuilder();
    const { kit, hidden } = buildTrunk(g, model, { maxLength: longest });
    g.output(hidden);
    this.graph = g.build('layers');
    this.layers = kit.layerInputs.map((input, i) => {
      const output = kit.layerInputs[i + 1] ?? hidden;
      return { input, output, groups: groupsOf(cut(this.graph, [input], [output]), kit.linears) };
    });
    this.#batches = batchesOf(windows);
  }

  /** Computes what enters the first layer. @param windows token ids; those of one length run together */
  static async open(model: Model, windows: readonly Int32Array[], options: WalkOptions = {}): Promise<LayerWalk> {
    const walk = new LayerWalk(model, windows, options);
    const [first] = walk.layers;
    const [output] = await walk.#run(cut(walk.graph, [], [first.input]), undefined, [first.input.name], new Map());
    walk.#hidden = output;
    return walk;
  }

  /** What the linear layers of a layer are given; by the name of the value they read. */
  async statistics(index: number, weights: Weights = new Map()): Promise<Map<string, InputStatistics>> {
    const { input, output, groups } = this.layers[index];
    const whole = cut(this.graph, [input], [output]);
    const g = new GraphBuilder({ ...whole, outputs: [] });
    for (const { input: name } of groups) {
      const x = whole.nodes.flatMap((node) => node.inputs).find((value) => value?.name === name) as Value;
      g.output(g.matmul(x, x, { transX: true }), `gram:${name}`);
      const size = g.op('Abs', [x]);
      g.output(g.reduceSum(size, [0], false), `sum:${name}`);
      g.output(g.reduceMax(size, [0], false), `most:${name}`);
    }
    const statistics = new Map<string, { gram: Float64Array; sums: Float64Array; most: Float64Array }>();
    const names = groups.flatMap(({ input: name }) => [`gram:${name}`, `sum:${name}`, `most:${name}`]);
    await this.#run(g.build(), input.name, names, weights, (name, values) => {
      const key = name.slice(name.indexOf(':') + 1);
      const empty = new Float64Array(0);
      const known = statistics.get(key) ?? { gram: empty, sums: empty, most: empty };
      if (name.startsWith('gram:')) known.gram = addTo(known.gram, values);
      else if (name.startsWith('most:'))
        known.most = Float64Array.from(values, (v, i) => Math.max(v, known.most[i] ?? 0));
      else known.sums = addTo(known.sums, values);
      statistics.set(key, known);
    });
    const tokens = this.#batches.reduce((n, { input_ids: ids }) => n + ids.data.length, 0);
    return new Map(
      [...statistics].map(([name, { gram, sums, most }]) => [
        name,
        { width: sums.length, gram, meanAbsolute: sums.map((sum) => sum / tokens), maxAbsolute: most, tokens },
      ]),
    );
  }

  /** Sends the text through a layer with the given weights in place of the model's own, on to the next. */
  async advance(index: number, weights: Weights): Promise<void> {
    const { input, output } = this.layers[index];
    if (index + 1 === this.layers.length) return;
    [this.#hidden] = await this.#run(cut(this.graph, [input], [output]), input.name, [output.name], weights);
  }

  /** @returns for each output its values of all batches, unless `onOutput` takes them */
  async #run(
    graph: Graph,
    hidden: string | undefined,
    outputs: readonly string[],
    replaced: Weights,
    onOutput?: (name: string, values: Float32Array) => void,
  ): Promise<Tensor[][]> {
    const { threads, signal } = this.#options;
    const session = await openSession(encodeModel(nameOutputs(lower(graph))), { threads, prepack: false });
    try {
      const weights: Record<string, Tensor> = {};
      for (const name of session.inputs) {
        const stored = this.#model.weights.get(name);
        if (!stored) continue;
        weights[name] = tensor('float32', stored.shape, replaced.get(name) ?? (await readFloats(stored)));
      }
      const results: Tensor[][] = outputs.map(() => []);
      for (const [i, batch] of this.#batches.entries()) {
        signal?.throwIfAborted();
        const feeds: Record<string, Tensor> = { ...weights, ...(hidden ? { [hidden]: this.#hidden[i] } : {}) };
        for (const [name, value] of Object.entries(batch)) if (session.inputs.includes(name)) feeds[name] = value;
        const made = await session.run(feeds, outputs, { signal });
        outputs.forEach((name, o) => {
          if (onOutput) onOutput(name, made[name].data as Float32Array);
          else results[o].push(made[name]);
        });
      }
      return results;
    } finally {
      session.dispose();
    }
  }
}

/** Modules by the value they multiply, found by the weights that products read. */
function groupsOf(layer: Graph, linears: ReadonlyMap<string, unknown>): LinearGroup[] {
  const groups = new Map<string, string[]>();
  for (const node of layer.nodes) {
    const module = moduleOf(node, linears);
    const input = node.inputs[0]?.name;
    if (module === undefined || input === undefined) continue;
    groups.set(input, [...(groups.get(input) ?? []), module]);
  }
  return [...groups].map(([input, modules]) => ({ input, modules }));
}

function moduleOf(node: Node, linears: ReadonlyMap<string, unknown>): string | undefined {
  if (node.op !== 'MatMul' && node.op !== 'FusedMatMul') return undefined;
  const module = node.inputs[1]?.name.replace(/\.weight$/, '');
  return module !== undefined && linears.has(module) ? module : undefined;
}

function batchesOf(windows: readonly Int32Array[]): Record<string, Tensor>[] {
  const batches: Record<string, Tensor>[] = [];
  const byLength = new Map<number, Int32Array[]>();
  for (const ids of windows) byLength.set(ids.length, [...(byLength.get(ids.length) ?? []), ids]);
  for (const [length, rows] of byLength) {
    const most = Math.max(1, Math.floor(TOKENS_AT_ONCE / length));
    for (let begin = 0; begin < rows.length; begin += most) {
      const part = rows.slice(begin, begin + most);
      const shape = [part.length, length];
      const ids = part.flatMap((row) => [...row]);
      batches.push({
        input_ids: int64(shape, ids),
        position_ids: int64(
          shape,
          ids.map((_, i) => i % length),
        ),
        segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
      });
    }
  }
  return batches;
}

function addTo(sum: Float64Array, values: Float32Array): Float64Array {
  if (sum.length === 0) return Float64Array.from(values);
  for (let i = 0; i < values.length; i++) sum[i] += values[i];
  return sum;
}
