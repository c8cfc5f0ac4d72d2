/**
 * Layers over whole sequences, for training and scoring. Hidden states are [tokens, width]; several examples may
 * share a row: tokens see only tokens of their own segment.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Value } from '../../tensor/graph.ts';
import { Random } from '../../tensor/random.ts';
import { float32 } from '../../tensor/tensor.ts';
import type {
  Activation,
  AttentionSpec,
  Head,
  LayerKit,
  LayerNormSpec,
  LinearSpec,
  RelativeBias,
  RmsNormSpec,
} from '../architectures/kit.ts';
import { type Rope, ropeTables } from '../architectures/rope.ts';
import { emitActivation } from './activation.ts';
import { type AdapterSpec, emitAdapter } from './adapter.ts';
import { emitHeld, emitHeldLosses, emitHeldRows, type HeldFormat } from './held-weights.ts';
import { emitLosses, type LossOptions } from './losses.ts';
import { emitRelativeBias } from './relative-bias.ts';

export interface SequenceKitOptions {
  /** Positions that rotary tables cover: the longest row. */
  readonly maxLength: number;
  /** Module name -> adapter on it. */
  readonly adapters?: ReadonlyMap<string, AdapterSpec>;
  /** The gradient of attention computes its probabilities again: less memory, a little slower. */
  readonly recomputeAttention?: boolean;
  /** Token ids come behind one another without padding; only attention works on a grid of rows. */
  readonly unpadded?: boolean;
  /** Weights that are held in fewer bits, by path and width of their rows; see `held-weights.ts`. */
  readonly held?: (path: string, kind: 'linear' | 'table', inputs: number) => HeldFormat | undefined;
  /** Values in the place of graph inputs, by the input's name: what other runtimes do not pass is computed. */
  readonly given?: Readonly<Record<string, Value>>;
}

/** The encoder that a decoder's layers look at: inputs of the decoder are then called `decoder_…`. */
export interface Memory {
  readonly kit: SequenceKit;
  /** [batch*length, width] */
  readonly hidden: Value;
}

export const BATCH = 'batch';
export const LENGTH = 'length';
/** Far below any score, and finite, so that a row that sees nothing stays finite too. */
const MASKED = -1e30;

export class SequenceKit implements LayerKit {
  /** Input of each layer: where gradient checkpointing cuts. */
  readonly layerInputs: Value[];
  /** Layer of each weight that was met inside one. */
  readonly layerOf = new Map<string, number>();
  #layer: number | undefined;
  /** Every linear module met, in order. */
  readonly linears: Map<string, LinearSpec>;
  /** The module that token ids are looked up in. */
  tokenEmbedding: string | undefined;
  readonly #g: GraphBuilder;
  readonly #options: SequenceKitOptions;
  readonly #ids: Value;
  /** Token of each slot of the grid and slot of each token, where the two differ. */
  readonly #grid: { readonly slots: Value; readonly places: Value; readonly filled: Value } | undefined;
  readonly #positions: Value;
  readonly #segments: Value;
  readonly #types: () => Value;
  /** Axis of the hidden states' rows, and that of the grid's slots, which is the same unless there is no padding. */
  readonly #tokens: string;
  readonly #slots: string;
  readonly #length: string;
  readonly #prefix: string;
  readonly #memory: Memory | undefined;
  readonly #weights: Map<string, Value>;
  readonly #tables = new Map<string, { cos: Value; sin: Value }>();
  readonly #masks = new Map<string, Value>();
  #noise: Value | undefined;

  constructor(g: GraphBuilder, options: SequenceKitOptions, memory?: Memory) {
    this.#g = g;
    this.#options = options;
    this.#memory = memory;
    // Encoder and decoder are one model: one list of weights, layers and modules.
    this.#weights = memory ? memory.kit.#weights : new Map();
    this.linears = memory?.kit.linears ?? new Map();
    this.layerInputs = memory?.kit.layerInputs ?? [];
    this.#prefix = memory ? 'decoder_' : '';
    this.#length = `${this.#prefix}${LENGTH}`;
    this.#slots = `${BATCH}*${this.#length}`;
    const unpadded = options.unpadded === true && !memory;
    this.#tokens = unpadded ? 'tokens' : this.#slots;
    const input = (name: string, shape = [BATCH, this.#length]) =>
      options.given?.[`${this.#prefix}${name}`] ?? g.input(`${this.#prefix}${name}`, 'int64', shape);
    this.#ids = input('input_ids', unpadded ? [this.#tokens] : undefined);
    this.#positions = input('position_ids');
    this.#segments = input('segment_ids');
    if (unpadded) {
      this.#grid = {
        slots: input('slots', [this.#slots]),
        places: input('places', [this.#tokens]),
        filled: g.input('filled', 'float32', [this.#slots, 1]),
      };
    }
    let types: Value | undefined;
    this.#types = () => {
      types ??= input('token_type_ids');
      return types;
    };
  }

  /** Name of the axis of all tokens. */
  get tokens(): string {
    return this.#tokens;
  }

  /** Names and shapes of all weights met, adapters included. */
  get weights(): ReadonlyMap<string, Value> {
    return this.#weights;
  }

  /** The graph input that holds a weight; asking twice gives the same one. */
  weight(name: string, shape: readonly number[]): Value {
    return this.#stored(name, 'float32', shape);
  }

  #stored = (name: string, dtype: DType, shape: readonly number[]): Value => {
    let value = this.#weights.get(name);
    if (!value) {
      value = this.#g.input(name, dtype, shape);
      this.#weights.set(name, value);
      if (this.#layer !== undefined) this.layerOf.set(name, this.#layer);
    }
    return value;
  };

  embed(name: string, rows: number, width: number): Value {
    this.tokenEmbedding = name;
    const ids = this.#g.reshape(this.#ids, [this.#tokens]);
    const held = this.#options.held?.(`${name}.weight`, 'table', width);
    if (held) return emitHeldRows(this.#g, this.#stored, `${name}.weight`, [rows, width], held, ids);
    return this.#g.gather(this.weight(`${name}.weight`, [rows, width]), ids);
  }

  embedPositions(name: string, rows: number, width: number, offset = 0): Value {
    const positions = this.#flat(this.#positions);
    const shifted = offset === 0 ? positions : this.#g.add(positions, this.#g.scalar(offset, 'int64'));
    return this.#g.gather(this.weight(`${name}.weight`, [rows, width]), shifted);
  }

  tablePositions(table: Float32Array, width: number): Value {
    const rows = this.#g.constant(float32([table.length / width, width], table));
    return this.#g.gather(rows, this.#flat(this.#positions));
  }

  embedTokenTypes(name: string, rows: number, width: number): Value {
    return this.#g.gather(this.weight(`${name}.weight`, [rows, width]), this.#flat(this.#types()));
  }

  /** The projections met, by layer and part: what an encoder hands to a decoding graph. */
  readonly memories = new Map<string, Value>();

  memory(layer: number, part: 'key' | 'value', _width: number, work: (hidden: Value) => Value): Value {
    if (!this.#memory) throw new Error('there is no encoder to look at');
    const value = work(this.#memory.hidden);
    this.memories.set(`${layer}.${part}`, value);
    return value;
  }

  /** A number for each slot of the grid -> one for each token. */
  #flat = (x: Value): Value => this.#fromGrid(this.#g.reshape(x, [this.#slots]));

  /** A row for each token -> a row for each slot, and back. */
  #toGrid = (x: Value): Value => (this.#grid ? this.#g.op('Pick', [x, this.#grid.slots, this.#grid.places]) : x);
  #fromGrid = (x: Value): Value =>
    this.#grid ? this.#g.op('Pick', [x, this.#grid.places, this.#grid.slots, this.#grid.filled]) : x;

  linear(x: Value, name: string, spec: LinearSpec): Value {
    this.linears.set(name, spec);
    return this.#g.scoped(name, () => {
      const g = this.#g;
      const stored = spec.layout === 'in-out' ? [spec.inputs, spec.outputs] : [spec.outputs, spec.inputs];
      const path = `${name}.weight`;
      const held = this.#options.held?.(path, 'linear', spec.inputs);
      const weight = held
        ? emitHeld(g, this.#stored, path, [spec.outputs, spec.inputs], held)
        : this.weight(path, stored);
      const transY = held !== undefined || spec.layout !== 'in-out';
      const product = (rows: Value) => g.matmul(rows, weight, { transY });
      let y = product(x);
      const adapter = this.#options.adapters?.get(name);
      if (adapter) {
        const { dropout = 0 } = adapter;
        // A decoder's keys and values of what it remembers have a row for each token of the encoder.
        const side = this.#memory && x.shape?.[0] === this.#memory.kit.tokens ? this.#memory.kit : this;
        const seen = dropout > 0 ? g.mul(x, side.#dropoutMask(name, spec.inputs, dropout)) : x;
        const parts = {
          seen,
          product,
          weight: (tensor: string, shape: readonly number[]) => this.weight(tensor, shape),
        };
        y = emitAdapter(g, y, name, spec, adapter, parts);
      }
      return spec.bias ? g.add(y, this.weight(`${name}.bias`, [spec.outputs])) : y;
    });
  }

  /**
   * 0 or 1 / (1 - share) for each token and feature: the fractional part of noise * a + b, where the noise is one random
   * number a token and a, b are fixed for the module and feature. The same inputs give the same mask, so recomputation
   * for the backward pass and a resumed run agree.
   */
  #dropoutMask(name: string, width: number, share: number): Value {
    const g = this.#g;
    this.#noise ??= g.unsqueeze(g.input(`${this.#prefix}dropout_noise`, 'float32', [this.#tokens]), [1]);
    const random = new Random([...name].map((character) => character.codePointAt(0)!));
    const row = (low: number, high: number) =>
      g.constant(
        float32(
          [1, width],
          Array.from({ length: width }, () => low + (high - low) * random.fraction()),
        ),
      );
    const spread = g.add(g.mul(this.#noise, row(100, 1000)), row(0, 1));
    const fraction = g.sub(spread, g.op('Floor', [spread]));
    return g.scale(g.cast(g.op('GreaterOrEqual', [fraction, g.scalar(share)]), 'float32'), 1 / (1 - share));
  }

  rmsNorm(x: Value, name: string, { epsilon, width, offset = 0, heads }: RmsNormSpec): Value {
    const g = this.#g;
    return g.scoped(name, () => {
      const stored = this.weight(`${name}.weight`, [width]);
      const weight = offset === 0 ? stored : g.add(stored, g.scalar(offset));
      const rows = heads === undefined ? x : g.reshape(x, [`${heads}*${this.#tokens}`, width]);
      const [y] = g.apply('RmsNorm', [rows, weight], { epsilon }, { outputs: 2 });
      return heads === undefined ? y : g.reshape(y, x.shape);
    });
  }

  layerNorm(x: Value, name: string, { epsilon, width, bias }: LayerNormSpec): Value {
    return this.#g.scoped(name, () => {
      const weight = this.weight(`${name}.weight`, [width]);
      const inputs = bias ? [x, weight, this.weight(`${name}.bias`, [width])] : [x, weight];
      return this.#g.apply('LayerNormalization', inputs, { epsilon, axis: -1 }, { outputs: 3 })[0];
    });
  }

  attention(q: Value, k: Value, v: Value, spec: AttentionSpec): Value {
    const g = this.#g;
    return g.scoped(`attention.${spec.layer}`, () => {
      const { heads, keyValueHeads, headDim, softcap = 0 } = spec;
      const turn = (x: Value) => (spec.rope ? this.#rotate(x, spec.rope) : x);
      const source = spec.memory ? this.#memory!.kit : this;
      const query = turn(this.#toHeads(q, heads, headDim));
      const key = turn(source.#toHeads(k, keyValueHeads, headDim));
      const value = source.#toHeads(v, keyValueHeads, headDim);
      const scale = spec.scale ?? headDim ** -0.5;
      const inputs = [query, key, value, this.#mask(spec)];
      const recompute = Number(this.#options.recomputeAttention ?? false);
      const [mixed] = g.apply('Attention', inputs, { scale, softcap, recompute }, { outputs: 2 });
      return this.#fromGrid(g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [this.#slots, heads * headDim]));
    });
  }

  /** [tokens, heads*dim] -> [batch, heads, length, dim] */
  #toHeads(x: Value, heads: number, dim: number): Value {
    const split = this.#g.op(
      'Reshape',
      [this.#toGrid(x), this.#headsTarget(heads, dim)],
      {},
      {
        types: [{ dtype: x.dtype, shape: [BATCH, this.#length, heads, dim] }],
      },
    );
    return this.#g.transpose(split, [0, 2, 1, 3]);
  }

  /** Batch and length read from the positions, so that both may vary from run to run. */
  #headsTarget(heads: number, dim: number): Value {
    const g = this.#g;
    const sizes = this.#masks.get('sizes') ?? g.op('Shape', [this.#positions]);
    this.#masks.set('sizes', sizes);
    return g.concat([sizes, g.int64s([heads, dim])], 0);
  }

  #rotate(x: Value, rope: Rope): Value {
    const { cos, sin } = this.#ropeTables(rope);
    const attributes = rope.dims === x.shape.at(-1) ? {} : { rotary_embedding_dim: rope.dims, num_heads: x.shape[1] };
    return this.#g.op('RotaryEmbedding', [x, this.#positions, cos, sin], attributes);
  }

  #ropeTables(rope: Rope): { cos: Value; sin: Value } {
    const key = JSON.stringify(rope);
    let tables = this.#tables.get(key);
    if (!tables) {
      const rows = this.#options.maxLength;
      const { cos, sin } = ropeTables(rope, rows);
      const constant = (data: Float32Array, name: string) =>
        this.#g.constant(float32([rows, rope.dims / 2], data), `rope.${this.#tables.size}.${name}`);
      tables = { cos: constant(cos, 'cos'), sin: constant(sin, 'sin') };
      this.#tables.set(key, tables);
    }
    return tables;
  }

  /** What is added to the scores, [batch, 1 or heads, 1, queries, keys]: a huge negative where a query must not see. */
  #mask({ window, bidirectional = false, memory = false, relativeBias, heads }: AttentionSpec): Value {
    const key = `${window}/${bidirectional}/${memory}/${relativeBias?.name}`;
    let mask = this.#masks.get(key);
    if (!mask) {
      mask = this.#g.scoped('mask', () => {
        const seen = memory ? this.#memoryMask() : this.#makeMask(window, bidirectional);
        return relativeBias ? this.#g.add(seen, this.#relativeBias(relativeBias, heads, bidirectional)) : seen;
      });
      this.#masks.set(key, mask);
    }
    return mask;
  }

  #rows = (x: Value): Value => this.#g.unsqueeze(x, [1, 2, 4]);
  #columns = (x: Value): Value => this.#g.unsqueeze(x, [1, 2, 3]);

  #makeMask(window: number | undefined, bidirectional: boolean): Value {
    const g = this.#g;
    let sees = g.op('Equal', [this.#rows(this.#segments), this.#columns(this.#segments)]);
    const distance = g.sub(this.#rows(this.#positions), this.#columns(this.#positions));
    const within = (type: 'GreaterOrEqual' | 'LessOrEqual' | 'Less', limit: number) => {
      sees = g.op('And', [sees, g.op(type, [distance, g.scalar(limit, 'int64')])]);
    };
    if (!bidirectional) within('GreaterOrEqual', 0);
    if (window !== undefined) within(bidirectional ? 'LessOrEqual' : 'Less', window);
    if (window !== undefined && bidirectional) within('GreaterOrEqual', -window);
    return g.where(sees, g.scalar(0), g.scalar(MASKED));
  }

  /** A decoder's token sees the encoder's tokens of its own example. */
  #memoryMask(): Value {
    const g = this.#g;
    const sees = g.op('Equal', [this.#rows(this.#segments), this.#columns(this.#memory!.kit.#segments)]);
    return g.where(sees, g.scalar(0), g.scalar(MASKED));
  }

  /** [batch, heads, 1, length, length] */
  #relativeBias(bias: RelativeBias, heads: number, bidirectional: boolean): Value {
    const g = this.#g;
    const distance = g.sub(g.unsqueeze(this.#positions, [1]), g.unsqueeze(this.#positions, [2]));
    return emitRelativeBias(
      g,
      distance,
      this.weight(`${bias.name}.weight`, [bias.buckets, heads]),
      bias,
      bidirectional,
    );
  }

  activation = (x: Value, kind: Activation): Value => emitActivation(this.#g, x, kind);

  gated(gate: Value, up: Value, kind: Activation): Value {
    if (kind === 'silu') return this.#g.op('SwiGlu', [gate, up]);
    return this.#g.mul(this.activation(gate, kind), up);
  }

  add = (x: Value, y: Value): Value => this.#g.add(x, y);
  scale = (x: Value, factor: number): Value => this.#g.scale(x, factor);

  split(x: Value, sizes: readonly number[], heads?: number): Value[] {
    if (heads === undefined) return this.#g.split(x, sizes, -1);
    const width = sizes.reduce((a, b) => a + b, 0);
    const apart = this.#g.reshape(x, [this.#tokens, heads, width]);
    return this.#g.split(apart, sizes, -1).map((y, i) => this.#g.reshape(y, [this.#tokens, heads * sizes[i]]));
  }

  layer(index: number, x: Value, work: (x: Value) => Value): Value {
    this.layerInputs.push(x);
    this.#layer = index;
    const y = this.#g.scoped(`layer.${index}`, () => work(x));
    this.#layer = undefined;
    return y;
  }

  /** Losses [rows] of the given hidden states [rows, width] against the targets [rows]. */
  losses(x: Value, targets: Value, head: Head, { smoothing = 0, z = 0 }: LossOptions = {}): Value {
    const g = this.#g;
    const path = `${head.name}.weight`;
    const plain = !(head.bias || head.addedRow || head.softcap || (head.scale ?? 1) !== 1);
    const held = this.#options.held?.(path, 'table', head.width);
    if (plain && held) {
      const size = [head.vocabulary, head.width] as const;
      return g.scoped('head', () => emitHeldLosses(g, this.#stored, path, size, held, { x, targets, smoothing, z }));
    }
    if (!plain || smoothing > 0 || z > 0) {
      const logits = this.logits(x, head);
      return g.scoped('loss', () => emitLosses(g, logits, targets, { smoothing, z }));
    }
    const weight = this.weight(path, [head.vocabulary, head.width]);
    return g.scoped('head', () => g.apply('LinearCrossEntropy', [x, weight, targets], {}, { outputs: 3 })[0]);
  }

  /** Logits of the given hidden states [rows, width] -> [rows, vocabulary]. */
  logits(x: Value, head: Head): Value {
    const g = this.#g;
    return g.scoped('head', () => {
      const path = `${head.name}.weight`;
      const held = this.#options.held?.(path, 'table', head.width);
      const size = [head.vocabulary, head.width] as const;
      const weight = held ? emitHeld(g, this.#stored, path, size, held) : this.weight(path, size);
      let y = g.matmul(x, weight, { transY: true });
      if (head.bias) y = g.add(y, this.weight(`${head.name}.bias`, [head.vocabulary]));
      if (head.addedRow) y = g.add(y, this.weight(head.addedRow, [1, head.vocabulary]));
      if (head.scale !== undefined) y = g.scale(y, head.scale);
      return head.softcap ? g.scale(g.tanh(g.scale(y, 1 / head.softcap)), head.softcap) : y;
    });
  }
}
