/**
 * Layers over whole sequences, for training and scoring. Hidden states are [tokens, width]; several examples may
 * share a row: tokens see only tokens of their own segment.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Value } from '../../tensor/graph.ts';
import { float32 } from '../../tensor/tensor.ts';
import type {
  Activation,
  AttentionSpec,
  Head,
  LayerKit,
  LayerNormSpec,
  LinearSpec,
  RmsNormSpec,
} from '../architectures/kit.ts';
import { emitActivation } from './activation.ts';
import { type AdapterSpec, emitAdapter } from './adapter.ts';
import { emitDropoutMask } from './dropout-mask.ts';
import { finishLogits } from './finish-logits.ts';
import { emitHeld, emitHeldLosses, emitHeldRows, type HeldFormat } from './held-weights.ts';
import { emitLosses, type LossOptions } from './losses.ts';
import { SequenceAttention, type SequenceAttentionOptions } from './sequence-attention.ts';
import { BATCH, LENGTH, TokenGrid } from './token-grid.ts';

export interface SequenceKitOptions extends SequenceAttentionOptions {
  /** Module name -> adapter on it. */
  readonly adapters?: ReadonlyMap<string, AdapterSpec>;
  /** Token ids come behind one another without padding; only attention works on a grid of rows. */
  readonly unpadded?: boolean;
  /** Weights that are held in fewer bits, by path and width of their rows; see `held-weights.ts`. */
  readonly held?: (path: string, kind: 'linear' | 'table', inputs: number) => HeldFormat | undefined;
  /** Add the input `embedding_noise` float32 [tokens, width] to the embedded tokens (NEFTune). */
  readonly embeddingNoise?: boolean;
  /** Values in the place of graph inputs, by the input's name: what other runtimes do not pass is computed. */
  readonly given?: Readonly<Record<string, Value>>;
}

/** The encoder that a decoder's layers look at: inputs of the decoder are then called `decoder_…`. */
export interface Memory {
  readonly kit: SequenceKit;
  /** [batch*length, width] */
  readonly hidden: Value;
}

export class SequenceKit implements LayerKit {
  /** Input of each layer: where gradient checkpointing cuts. */
  readonly layerInputs: Value[];
  /** Layer of each weight that was met inside one. */
  readonly layerOf = new Map<string, number>();
  #layer: number | undefined;
  /** Every linear module met, in order. */
  readonly linears: Map<string, LinearSpec>;
  /** Inputs met that say what is read, by name: what another model beside this one is given, to read the same. */
  readonly reads: Map<string, Value>;
  /** The module that token ids are looked up in. */
  tokenEmbedding: string | undefined;
  readonly #g: GraphBuilder;
  readonly #options: SequenceKitOptions;
  readonly #ids: Value;
  readonly #grid: TokenGrid;
  readonly #positions: Value;
  readonly #attention: SequenceAttention;
  readonly #types: () => Value;
  /** Axis of the hidden states' rows: the grid's slots, unless there is no padding. */
  readonly #tokens: string;
  readonly #unpadded: boolean;
  readonly #prefix: string;
  readonly #memory: Memory | undefined;
  readonly #weights: Map<string, Value>;
  #noise: Value | undefined;

  constructor(g: GraphBuilder, options: SequenceKitOptions, memory?: Memory) {
    this.#g = g;
    this.#options = options;
    this.#memory = memory;
    // Encoder and decoder are one model: one list of weights, layers and modules.
    this.#weights = memory ? memory.kit.#weights : new Map();
    this.linears = memory?.kit.linears ?? new Map();
    this.layerInputs = memory?.kit.layerInputs ?? [];
    this.reads = memory?.kit.reads ?? new Map();
    this.#prefix = memory ? 'decoder_' : '';
    const length = `${this.#prefix}${LENGTH}`;
    const slots = `${BATCH}*${length}`;
    const unpadded = options.unpadded === true && !memory;
    this.#unpadded = unpadded;
    this.#tokens = unpadded ? 'tokens' : slots;
    const input = (name: string, shape: (string | number)[] = [BATCH, length], dtype: DType = 'int64') => {
      const path = `${this.#prefix}${name}`;
      const value = options.given?.[path] ?? g.input(path, dtype, shape);
      this.reads.set(path, value);
      return value;
    };
    this.#ids = input('input_ids', unpadded ? [this.#tokens] : undefined);
    this.#positions = input('position_ids');
    const segments = input('segment_ids');
    const places = unpadded
      ? {
          slots: input('slots', [slots]),
          places: input('places', [this.#tokens]),
          filled: input('filled', [slots, 1], 'float32'),
        }
      : undefined;
    this.#grid = new TokenGrid(g, slots, places);
    const rows = { grid: this.#grid, length, positions: this.#positions, segments };
    const weight = (name: string, shape: readonly number[]) => this.weight(name, shape);
    this.#attention = new SequenceAttention(g, rows, options, weight, memory ? memory.kit.#attention : undefined);
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

  /** Whether the tokens come without padding. */
  get isUnpadded(): boolean {
    return this.#unpadded;
  }

  /** float32 [batch, length]: 1 where a position of the grid holds a token. */
  get filled(): Value {
    return this.#attention.filled;
  }

  /** Probabilities of each layer's attention to its own side's tokens: [batch, groups, heads of a group, queries, keys]. */
  get attentions(): ReadonlyMap<number, Value> {
    return this.#attention.probabilities;
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
      value = this.#g.input(`${this.#options.weightPrefix ?? ''}${name}`, dtype, shape);
      this.#weights.set(name, value);
      if (this.#layer !== undefined) this.layerOf.set(name, this.#layer);
    }
    return value;
  };

  embed(name: string, rows: number, width: number): Value {
    this.tokenEmbedding = name;
    const ids = this.#g.reshape(this.#ids, [this.#tokens]);
    const held = this.#options.held?.(`${name}.weight`, 'table', width);
    const embedded = held
      ? emitHeldRows(this.#g, this.#stored, `${name}.weight`, [rows, width], held, ids)
      : this.#g.gather(this.weight(`${name}.weight`, [rows, width]), ids);
    if (!this.#options.embeddingNoise) return embedded;
    return this.#g.add(embedded, this.#g.input(`${this.#prefix}embedding_noise`, 'float32', [this.#tokens, width]));
  }

  embedPositions(name: string, rows: number, width: number, offset = 0): Value {
    const positions = this.#grid.flat(this.#positions);
    const shifted = offset === 0 ? positions : this.#g.add(positions, this.#g.scalar(offset, 'int64'));
    return this.#g.gather(this.weight(`${name}.weight`, [rows, width]), shifted);
  }

  tablePositions(table: Float32Array, width: number): Value {
    const rows = this.#g.constant(float32([table.length / width, width], table));
    return this.#g.gather(rows, this.#grid.flat(this.#positions));
  }

  embedTokenTypes(name: string, rows: number, width: number): Value {
    return this.#g.gather(this.weight(`${name}.weight`, [rows, width]), this.#grid.flat(this.#types()));
  }

  /** The projections met, by layer and part: what an encoder hands to a decoding graph. */
  readonly memories = new Map<string, Value>();

  memory(layer: number, part: 'key' | 'value', _width: number, work: (hidden: Value) => Value): Value {
    if (!this.#memory) throw new Error('there is no encoder to look at');
    const value = work(this.#memory.hidden);
    this.memories.set(`${layer}.${part}`, value);
    return value;
  }

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

  #dropoutMask(name: string, width: number, share: number): Value {
    const g = this.#g;
    this.#noise ??= g.unsqueeze(g.input(`${this.#prefix}dropout_noise`, 'float32', [this.#tokens]), [1]);
    return emitDropoutMask(g, this.#noise, name, width, share);
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

  attention = (q: Value, k: Value, v: Value, spec: AttentionSpec): Value => this.#attention.mix(q, k, v, spec);

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
      return finishLogits(g, y, head);
    });
  }
}
