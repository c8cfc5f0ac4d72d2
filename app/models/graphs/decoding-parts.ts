/**
 * A decoder cut in parts: the layers below an exit run for every token, the exit's map and heads where they are asked, the
 * layers above for those tokens together that were not worth it before.
 */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { float32 } from '../../tensor/tensor.ts';
import { assertContinues, type Described } from '../architectures/index.ts';
import { CacheKit, type CacheKitOptions } from './cache-kit.ts';
import type { ListHead } from './list-head.ts';
import { withoutUnread } from './unread.ts';

/** Layers [from, to). */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}

/** Describes some of the layers only: those below begin from given hidden states, those above hand them on. */
class PartKit extends CacheKit {
  readonly #range: LayerRange;
  readonly #begin: () => Value;
  /** What the last of the layers gives. */
  end: Value | undefined;
  /** By layer: what goes in. */
  readonly layerInputs = new Map<number, Value>();

  constructor(g: GraphBuilder, options: CacheKitOptions, range: LayerRange, begin: () => Value) {
    super(g, options, 'lengths');
    this.#range = range;
    this.#begin = begin;
    const run = this.layer;
    this.layer = (index, x, work) => {
      const { from, to } = this.#range;
      if (index < from) return x;
      const input = index === from && from > 0 ? this.#begin() : x;
      this.layerInputs.set(index, input);
      if (index < to) return run(index, input, work);
      this.end ??= input;
      return input;
    };
  }
}

/** From hidden states after a layer to final ones: y = A x / rms(x) + b. */
export interface ExitMap {
  /** float32 [width, width] and [width] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

const flatten = (g: GraphBuilder, hidden: Value, width: number): Value => {
  const types = [{ dtype: hidden.dtype, shape: ['batch*length', width] }];
  return g.op('Reshape', [hidden, g.int64s([-1, width])], {}, { types });
};

/** x / sqrt(mean x²): [rows, width]. */
export function unitRms(g: GraphBuilder, x: Value): Value {
  const square = g.reduceMean(g.mul(x, x), [-1]);
  return g.div(x, g.sqrt(g.add(square, g.scalar(1e-5))));
}

/** Layers up to `layer`. Inputs as for decoding. Outputs: hidden float32 [batch, length, width], present.<l>… */
export function buildLowerPart(described: Described, layer: number, options: CacheKitOptions): Graph {
  assertContinues(described);
  const { architecture, config } = described;
  const g = new GraphBuilder();
  const kit = new PartKit(g, options, { from: 0, to: layer }, () => {
    throw new Error('the lower part begins with tokens');
  });
  architecture.layers(kit, config);
  g.output(kit.end!, 'hidden');
  kit.outputPresents();
  return withoutUnread(g.build('lower'));
}

/**
 * Layers from `layer` on. Inputs: hidden float32 [batch, length, width], last_position, total_length, rows (which of the
 * batch*length tokens are answered), caches. Outputs: state float32 [rows, width] (normed, what heads read), present.<l>…
 */
export function buildUpperPart(described: Described, layer: number, options: CacheKitOptions): Graph {
  assertContinues(described);
  const { architecture, config } = described;
  const g = new GraphBuilder();
  let hidden: Value | undefined;
  const begin = () => (hidden ??= g.input('hidden', 'float32', ['batch', 'length', config.width]));
  const kit = new PartKit(g, options, { from: layer, to: config.layers }, begin);
  const states = flatten(g, architecture.layers(kit, config), config.width);
  g.output(g.gather(states, g.input('rows', 'int64', ['rows'])), 'state');
  kit.outputPresents();
  return withoutUnread(g.build('upper'));
}

/**
 * What all layers make of whole texts, caches and all. Inputs as for decoding. Outputs: hidden.<layer> float32
 * [batch, length, width] (what comes out of so many layers) and final (normed, what the head reads).
 */
export function buildStates(described: Described, layers: readonly number[], options: CacheKitOptions): Graph {
  assertContinues(described);
  const { architecture, config } = described;
  const g = new GraphBuilder();
  const kit = new PartKit(g, options, { from: 0, to: config.layers }, () => {
    throw new Error('texts begin with tokens');
  });
  const final = architecture.layers(kit, config);
  for (const layer of layers) g.output(kit.layerInputs.get(layer)!, `hidden.${layer}`);
  g.output(final, 'final');
  return withoutUnread(g.build('states'));
}

/** An exit's map. Input: x float32 [rows, width], hidden states. Output: state float32 [rows, width]. */
export function buildExitMap(map: ExitMap, width: number): Graph {
  const g = new GraphBuilder();
  const x = unitRms(g, g.input('x', 'float32', ['rows', width]));
  const weight = g.constant(float32([width, width], map.weight), 'exit.weight');
  const bias = g.constant(float32([width], map.bias), 'exit.bias');
  g.output(g.add(g.matmul(x, weight, { transY: true }), bias), 'state');
  return g.build('map');
}

function headGraph(
  { architecture, config }: Described,
  options: CacheKitOptions,
  vocabulary: number,
  emit: (g: GraphBuilder, logits: Value) => void,
): Graph {
  const g = new GraphBuilder();
  const kit = new CacheKit(g, options, 'lengths');
  const state = g.input('state', 'float32', ['rows', config.width]);
  emit(g, kit.logits(state, { ...architecture.head(config), vocabulary }));
  return withoutUnread(g.build('head'));
}

/**
 * The head over a short list. Input: state float32 [rows, width]. Outputs: token int64 [rows] (an index of the list) and
 * confidence float32 [rows].
 */
export const buildListHead = (described: Described, list: ListHead): Graph =>
  headGraph(described, { ...list, maxLength: 1 }, list.tokens.length, (g, logits) => {
    g.output(g.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), 'token');
    g.output(g.reduceMax(g.softmax(logits), [-1], false), 'confidence');
  });

/** The product of the short list's head alone, before the family's scale and cap: logits float32 [rows, tokens]. */
export function buildListProduct({ architecture, config }: Described, list: ListHead): Graph {
  const g = new GraphBuilder();
  const kit = new CacheKit(g, { ...list, maxLength: 1 }, 'lengths');
  const { name, width } = architecture.head(config);
  const spec = { inputs: width, outputs: list.tokens.length, bias: false };
  g.output(kit.linear(g.input('state', 'float32', ['rows', width]), name, spec), 'logits');
  return withoutUnread(g.build('list'));
}

/** The whole head. Input: state float32 [rows, width]. Outputs: logits float32 [rows, vocabulary], token int64 [rows]. */
export const buildFullHead = (described: Described, options: CacheKitOptions): Graph =>
  headGraph(described, options, described.architecture.head(described.config).vocabulary, (g, logits) => {
    g.output(logits, 'logits');
    g.output(g.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), 'token');
  });
