/**
 * A decoder cut in two at a layer: the lower part runs for every token and says what it would answer already, the upper part
 * runs for those tokens together that were not worth it before. Answers come from a short list of tokens first.
 */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { assertContinues, type Described } from '../architectures/index.ts';
import type { Head } from '../architectures/kit.ts';
import { CacheKit, type CacheKitOptions } from './cache-kit.ts';
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

  constructor(g: GraphBuilder, options: CacheKitOptions, range: LayerRange, begin: () => Value) {
    super(g, options, 'lengths');
    this.#range = range;
    this.#begin = begin;
    const run = this.layer;
    this.layer = (index, x, work) => {
      const { from, to } = this.#range;
      if (index < from) return x;
      const input = index === from && from > 0 ? this.#begin() : x;
      if (index < to) return run(index, input, work);
      this.end ??= input;
      return input;
    };
  }
}

/** A head over a few thousand tokens: the rows of the whole head that belong to them. */
export interface Shortlist {
  /** float32 [tokens, width] */
  readonly weight: Tensor;
}

/** From hidden states after a layer to final ones: y = A x / rms(x) + b. */
export interface ExitMap {
  /** float32 [width, width] and [width] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

const flatRows = (g: GraphBuilder, hidden: Value, width: number): Value => {
  const types = [{ dtype: hidden.dtype, shape: ['batch*length', width] }];
  const flat = g.op('Reshape', [hidden, g.int64s([-1, width])], {}, { types });
  return g.gather(flat, g.input('rows', 'int64', ['rows']));
};

/** x / sqrt(mean x²): [rows, width]. */
export function unitRms(g: GraphBuilder, x: Value): Value {
  const square = g.reduceMean(g.mul(x, x), [-1]);
  return g.div(x, g.sqrt(g.add(square, g.scalar(1e-5))));
}

/** Scale and cap of the family's logits; the order of tokens is theirs in any case. */
function finish(g: GraphBuilder, logits: Value, head: Head): Value {
  const scaled = head.scale === undefined ? logits : g.scale(logits, head.scale);
  return head.softcap ? g.scale(g.tanh(g.scale(scaled, 1 / head.softcap)), head.softcap) : scaled;
}

/** Outputs `short_token` int64 [rows] (an index of the list) and `short_confidence` float32 [rows]. */
export function emitShortlist(g: GraphBuilder, state: Value, weight: Value, head: Head, prefix = 'short'): void {
  const logits = finish(g, g.matmul(state, weight, { transY: true }), head);
  g.output(g.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), `${prefix}_token`);
  g.output(g.reduceMax(g.softmax(logits), [-1], false), `${prefix}_confidence`);
}

export function emitExitMap(g: GraphBuilder, x: Value, map: ExitMap, width: number): Value {
  const weight = g.constant(float32([width, width], map.weight), 'exit.weight');
  const bias = g.constant(float32([width], map.bias), 'exit.bias');
  return g.add(g.matmul(unitRms(g, x), weight, { transY: true }), bias);
}

export interface PartsOptions extends CacheKitOptions {
  readonly shortlist: Shortlist;
  readonly exit: ExitMap;
}

/**
 * Layers up to `layer` and the answer from there. Inputs as for decoding, `rows`: which tokens are answered. Outputs: hidden
 * float32 [batch, length, width], exit_token, exit_confidence [rows], present.<l>…
 */
export function buildLowerPart(described: Described, layer: number, options: PartsOptions): Graph {
  assertContinues(described);
  const { architecture, config } = described;
  const g = new GraphBuilder();
  const kit = new PartKit(g, options, { from: 0, to: layer }, () => {
    throw new Error('the lower part begins with tokens');
  });
  architecture.layers(kit, config);
  g.output(kit.end!, 'hidden');
  const state = emitExitMap(g, flatRows(g, kit.end!, config.width), options.exit, config.width);
  emitShortlist(g, state, g.constant(options.shortlist.weight, 'shortlist'), architecture.head(config), 'exit');
  kit.outputPresents();
  return withoutUnread(g.build('lower'));
}

/**
 * Layers from `layer` on. Inputs: hidden float32 [batch, length, width], last_position, total_length, rows, caches. Outputs:
 * state float32 [rows, width] (normed, what the head reads), short_token, short_confidence [rows], present.<l>…
 */
export function buildUpperPart(described: Described, layer: number, options: PartsOptions): Graph {
  assertContinues(described);
  const { architecture, config } = described;
  const g = new GraphBuilder();
  let hidden: Value | undefined;
  const begin = () => (hidden ??= g.input('hidden', 'float32', ['batch', 'length', config.width]));
  const kit = new PartKit(g, options, { from: layer, to: config.layers }, begin);
  const state = flatRows(g, architecture.layers(kit, config), config.width);
  g.output(state, 'state');
  emitShortlist(g, state, g.constant(options.shortlist.weight, 'shortlist'), architecture.head(config));
  kit.outputPresents();
  return withoutUnread(g.build('upper'));
}

/** The whole head. Input: state float32 [rows, width]. Outputs: logits float32 [rows, vocabulary], token int64 [rows]. */
export function buildFullHead(described: Described, options: CacheKitOptions): Graph {
  const { architecture, config } = described;
  const g = new GraphBuilder();
  const kit = new CacheKit(g, options, 'lengths');
  const logits = kit.logits(g.input('state', 'float32', ['rows', config.width]), architecture.head(config));
  g.output(logits, 'logits');
  g.output(g.op('ArgMax', [logits], { axis: -1, keepdims: 0 }), 'token');
  return withoutUnread(g.build('head'));
}
