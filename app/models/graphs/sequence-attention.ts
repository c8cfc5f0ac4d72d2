/** Attention over whole rows: heads, rotary positions, and who sees whom where several examples share a row. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { AttentionSpec, RelativeBias } from '../architectures/kit.ts';
import type { Rope } from '../architectures/rope.ts';
import { emitRelativeBias } from './relative-bias.ts';
import { RopeTables } from './rope-constants.ts';
import { BATCH, type TokenGrid } from './token-grid.ts';

/** Far below any score, and finite, so that a row that sees nothing stays finite too. */
const MASKED = -1e30;

export interface AttentionRows {
  readonly grid: TokenGrid;
  /** Axis of the positions within a row. */
  readonly length: string;
  /** [batch, length] int64 */
  readonly positions: Value;
  /** The example that each position belongs to, [batch, length] int64. */
  readonly segments: Value;
}

export interface SequenceAttentionOptions {
  /** Positions that rotary tables cover: the longest row. */
  readonly maxLength: number;
  /** The gradient computes the probabilities again: less memory, a little slower. */
  readonly recomputeAttention?: boolean;
  /** Put before the names of weights and of constants, where a graph holds two models. */
  readonly weightPrefix?: string;
}

export class SequenceAttention {
  /** Of each layer, to its own side's tokens: [batch, groups, heads of a group, queries, keys]. */
  readonly probabilities = new Map<number, Value>();
  readonly #g: GraphBuilder;
  readonly #rows: AttentionRows;
  readonly #options: SequenceAttentionOptions;
  readonly #weight: (name: string, shape: readonly number[]) => Value;
  readonly #encoder: SequenceAttention | undefined;
  readonly #rope: RopeTables;
  readonly #masks = new Map<string, Value>();

  constructor(
    g: GraphBuilder,
    rows: AttentionRows,
    options: SequenceAttentionOptions,
    weight: (name: string, shape: readonly number[]) => Value,
    encoder?: SequenceAttention,
  ) {
    this.#g = g;
    this.#rows = rows;
    this.#options = options;
    this.#rope = new RopeTables(g, options.maxLength, options.weightPrefix);
    this.#weight = weight;
    this.#encoder = encoder;
  }

  /** Queries, keys and values [tokens, heads*dim] -> [tokens, heads*dim]; of an encoder's tokens where the spec says memory. */
  mix(q: Value, k: Value, v: Value, spec: AttentionSpec): Value {
    const g = this.#g;
    return g.scoped(`attention.${spec.layer}`, () => {
      const { heads, keyValueHeads, headDim, softcap = 0 } = spec;
      const turn = (x: Value) => (spec.rope ? this.#rotate(x, spec.rope) : x);
      const source = spec.memory ? this.#encoder! : this;
      const query = turn(this.#toHeads(q, heads, headDim));
      const key = turn(source.#toHeads(k, keyValueHeads, headDim));
      const value = source.#toHeads(v, keyValueHeads, headDim);
      const scale = spec.scale ?? headDim ** -0.5;
      const inputs = [query, key, value, this.#mask(spec)];
      const recompute = Number(this.#options.recomputeAttention ?? false);
      const [mixed, probabilities] = g.apply('Attention', inputs, { scale, softcap, recompute }, { outputs: 2 });
      if (!spec.memory) this.probabilities.set(spec.layer, probabilities);
      const { grid } = this.#rows;
      return grid.collect(g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [grid.slots, heads * headDim]));
    });
  }

  /** float32 [batch, length]: 1 where a position holds a token. */
  get filled(): Value {
    const g = this.#g;
    const filled =
      this.#masks.get('filled') ?? g.cast(g.op('Greater', [this.#rows.segments, g.scalar(0, 'int64')]), 'float32');
    this.#masks.set('filled', filled);
    return filled;
  }

  /** [tokens, heads*dim] -> [batch, heads, length, dim] */
  #toHeads(x: Value, heads: number, dim: number): Value {
    const split = this.#g.op(
      'Reshape',
      [this.#rows.grid.spread(x), this.#headsTarget(heads, dim)],
      {},
      {
        types: [{ dtype: x.dtype, shape: [BATCH, this.#rows.length, heads, dim] }],
      },
    );
    return this.#g.transpose(split, [0, 2, 1, 3]);
  }

  /** Batch and length read from the positions, so that both may vary from run to run. */
  #headsTarget(heads: number, dim: number): Value {
    const g = this.#g;
    const sizes = this.#masks.get('sizes') ?? g.op('Shape', [this.#rows.positions]);
    this.#masks.set('sizes', sizes);
    return g.concat([sizes, g.int64s([heads, dim])], 0);
  }

  #rotate(x: Value, rope: Rope): Value {
    const { cos, sin } = this.#rope.of(rope);
    const attributes = rope.dims === x.shape.at(-1) ? {} : { rotary_embedding_dim: rope.dims, num_heads: x.shape[1] };
    return this.#g.op('RotaryEmbedding', [x, this.#rows.positions, cos, sin], attributes);
  }

  /** What is added to the scores, [batch, 1 or heads, 1, queries, keys]: a huge negative where a query must not see. */
  #mask({ window, bidirectional = false, memory = false, relativeBias, heads }: AttentionSpec): Value {
    const key = `${window}/${bidirectional}/${memory}/${relativeBias?.name}`;
    let mask = this.#masks.get(key);
    if (!mask) {
      mask = this.#g.scoped('mask', () => {
        const seen = memory ? this.#encoderMask() : this.#makeMask(window, bidirectional);
        return relativeBias ? this.#g.add(seen, this.#relativeBias(relativeBias, heads, bidirectional)) : seen;
      });
      this.#masks.set(key, mask);
    }
    return mask;
  }

  #asQueries = (x: Value): Value => this.#g.unsqueeze(x, [1, 2, 4]);
  #asKeys = (x: Value): Value => this.#g.unsqueeze(x, [1, 2, 3]);

  #makeMask(window: number | undefined, bidirectional: boolean): Value {
    const g = this.#g;
    const { positions, segments } = this.#rows;
    let sees = g.op('Equal', [this.#asQueries(segments), this.#asKeys(segments)]);
    const distance = g.sub(this.#asQueries(positions), this.#asKeys(positions));
    const within = (type: 'GreaterOrEqual' | 'LessOrEqual' | 'Less', limit: number) => {
      sees = g.op('And', [sees, g.op(type, [distance, g.scalar(limit, 'int64')])]);
    };
    if (!bidirectional) within('GreaterOrEqual', 0);
    if (window !== undefined) within(bidirectional ? 'LessOrEqual' : 'Less', window);
    if (window !== undefined && bidirectional) within('GreaterOrEqual', -window);
    return g.where(sees, g.scalar(0), g.scalar(MASKED));
  }

  /** A decoder's token sees the encoder's tokens of its own example. */
  #encoderMask(): Value {
    const g = this.#g;
    const sees = g.op('Equal', [this.#asQueries(this.#rows.segments), this.#asKeys(this.#encoder!.#rows.segments)]);
    return g.where(sees, g.scalar(0), g.scalar(MASKED));
  }

  /** [batch, heads, 1, length, length] */
  #relativeBias(bias: RelativeBias, heads: number, bidirectional: boolean): Value {
    const g = this.#g;
    const { positions } = this.#rows;
    const distance = g.sub(g.unsqueeze(positions, [1]), g.unsqueeze(positions, [2]));
    const weight = this.#weight(`${bias.name}.weight`, [bias.buckets, heads]);
    return emitRelativeBias(g, distance, weight, bias, bidirectional);
  }
}
