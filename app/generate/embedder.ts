/**
 * Texts as vectors of length one: the mean of the hidden states after the last layer (Reimers and Gurevych 2019), or that
 * of the last or first token.
 */
import { UserError } from '../contract/errors.ts';
import { pastName } from '../models/graphs/cache-kit.ts';
import { freezeWeights } from '../models/graphs/frozen-weights.ts';
import { buildHiddenGraph } from '../models/graphs/hidden-graph.ts';
import { buildTrunk } from '../models/graphs/predictions.ts';
import { withoutUnread } from '../models/graphs/unread.ts';
import type { StoredModel } from '../models/stored.ts';
import { OpenedOnce } from '../runtime/opened-once.ts';
import type { Session } from '../runtime/session.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { int64, type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { sequenceLimit } from './decoding-session.ts';
import { openGraph } from './open-graph.ts';

export type Pooling = 'mean' | 'last' | 'first';

export interface EmbedderOptions {
  readonly threads?: number;
  readonly pooling?: Pooling;
}

interface Opened {
  readonly session: Session;
  /** What stays the same from text to text. */
  readonly fixed: Readonly<Record<string, Tensor>>;
}

export class Embedder {
  readonly maxLength: number;
  readonly #model: StoredModel;
  readonly #options: EmbedderOptions;
  readonly #opened = new OpenedOnce<Opened>();
  /** Texts run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** Nothing is loaded before the first text. */
  constructor(model: StoredModel, options: EmbedderOptions = {}) {
    this.maxLength = sequenceLimit(model);
    this.#model = model;
    this.#options = options;
  }

  get width(): number {
    return this.#model.config.width;
  }

  /**
   * @returns float32 [width], of length one
   * @throws UserError prompt/too-long, arguments/invalid for no token, model/unsupported for a quantized encoder
   */
  async embed(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    if (ids.length === 0) throw new UserError('arguments/invalid', 'the text has no token');
    if (ids.length > this.maxLength) {
      throw new UserError('prompt/too-long', `the text has ${ids.length} tokens, the context ${this.maxLength}`);
    }
    const before = this.#last;
    const mine = (async () => {
      await before.catch(() => undefined);
      signal?.throwIfAborted();
      const { session, fixed } = await this.#opened.get(() => this.#open());
      const feeds = { ...fixed, ...textFeeds(ids, this.#model.config.positionsSkip) };
      const known = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));
      const { hidden } = await session.run(known, ['hidden'], { signal });
      return pool(hidden.data as Float32Array, ids.length, this.#options.pooling ?? 'mean');
    })();
    this.#last = mine;
    return mine;
  }

  async #open(): Promise<Opened> {
    const model = this.#model;
    const { threads } = this.#options;
    if (model.architecture.kind === 'encoder') {
      if (model.formats.size > 0) {
        throw new UserError('model/unsupported', 'a quantized encoder cannot be asked for embeddings yet');
      }
      const g = new GraphBuilder();
      const { kit, hidden } = buildTrunk(g, model, { maxLength: this.maxLength });
      g.output(hidden, 'hidden');
      const graph = freezeWeights(withoutUnread(g.build('hidden')), model.weights);
      const missing = graph.inputs.find(({ name }) => kit.weights.has(name));
      if (missing !== undefined) throw new UserError('weights/missing', `the weight ${missing.name} is missing`);
      return { session: await openGraph(graph, { threads }), fixed: {} };
    }
    const graph = buildHiddenGraph(model, { ...model, maxLength: this.maxLength });
    const { layers, keyValueHeads, headDim } = model.config;
    const fixed: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ['key', 'value'] as const) {
        fixed[pastName(layer, part)] = zeros('float32', [1, keyValueHeads, 0, headDim]);
      }
    }
    return { session: await openGraph(graph, { threads }), fixed };
  }

  dispose(): void {
    void this.#opened.current().then((opened) => opened?.session.dispose());
  }
}

function textFeeds(ids: readonly number[], positionsSkip: number | undefined): Record<string, Tensor> {
  const shape = [1, ids.length];
  let next = 0;
  const positions = ids.map((id) => (id === positionsSkip ? -1 : next++));
  return {
    input_ids: int64(shape, ids),
    position_ids: int64(shape, positions),
    segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
    token_type_ids: int64(shape, new Array<number>(ids.length).fill(0)),
    last_position: tensor('int32', [1], Int32Array.of(ids.length - 1)),
    total_length: tensor('int32', [], Int32Array.of(ids.length)),
  };
}

/** @param hidden float32 [length, width] */
function pool(hidden: Float32Array, length: number, pooling: Pooling): Float32Array {
  const width = hidden.length / length;
  const row = (i: number) => hidden.slice(i * width, (i + 1) * width);
  const sum = pooling === 'first' ? row(0) : pooling === 'last' ? row(length - 1) : new Float32Array(width);
  if (pooling === 'mean') for (let i = 0; i < hidden.length; i++) sum[i % width] += hidden[i];
  const norm = Math.hypot(...sum) || 1;
  return sum.map((v) => v / norm);
}
