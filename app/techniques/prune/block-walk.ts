/** Runs calibration text through a decoder block by block. */
import { UserError } from '../../contract/errors.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Session } from '../../runtime/session.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';
import { buildStage, SQUARES, type Stage } from './stages.ts';

/** Hidden states float32 [tokens, width] of each batch. */
export type Hidden = readonly Tensor[];

export interface BlockResult {
  readonly hidden: Hidden;
  /** 1 - mean cosine of a token's vector before and after the block (ShortGPT, Men et al. 2024, equation 1). */
  readonly influence: number;
  /** Linear layer -> for each of its inputs the sum of squares over all tokens. */
  readonly squares: ReadonlyMap<string, Float64Array>;
}

export interface WalkOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Keep all weights in memory, for walks that come by more than once. */
  readonly keepWeights?: boolean;
}

/** Texts of a batch that run together. */
const ROWS = 4;
export const WINDOW = 256;

/**
 * Windows of one length, spread evenly over the sequences laid end to end.
 * @param tokens most tokens of all windows together
 * @throws UserError dataset/empty
 */
export function windowsFrom(sequences: readonly ArrayLike<number>[], tokens: number, maxLength: number): number[][] {
  const stream = sequences.flatMap((sequence) => Array.from(sequence));
  const length = Math.min(WINDOW, maxLength, stream.length, tokens);
  if (length < 2) throw new UserError('dataset/empty', 'the calibration text has fewer than two tokens');
  const available = Math.floor(stream.length / length);
  const count = Math.min(available, Math.max(1, Math.floor(tokens / length)));
  return Array.from({ length: count }, (_, i) => {
    const begin = Math.floor((i * available) / count) * length;
    return stream.slice(begin, begin + length);
  });
}

export class BlockWalk {
  readonly #model: Model;
  readonly #batches: readonly (readonly number[])[][];
  readonly #options: WalkOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #weights = new Map<string, Tensor>();

  constructor(model: Model, windows: readonly (readonly number[])[], options: WalkOptions = {}) {
    const { vocabulary } = model.config;
    const stranger = windows.flat().find((id) => id < 0 || id >= vocabulary);
    if (stranger !== undefined) {
      throw new UserError('arguments/incompatible', `the data hold token ${stranger}, the model has ${vocabulary}`);
    }
    this.#model = model;
    this.#options = options;
    this.#batches = Array.from({ length: Math.ceil(windows.length / ROWS) }, (_, i) =>
      windows.slice(i * ROWS, (i + 1) * ROWS),
    ) as (readonly number[])[][];
  }

  async embed(): Promise<Hidden> {
    return (await this.#run('embedding', false, undefined)).map(({ next }) => next);
  }

  /** @param replaced new values of some of the block's weights */
  async block(layer: number, hidden: Hidden, replaced?: ReadonlyMap<string, Float32Array>): Promise<Hidden> {
    return (await this.#run(layer, false, hidden, replaced)).map(({ next }) => next);
  }

  async probe(layer: number, hidden: Hidden): Promise<BlockResult> {
    const results = await this.#run(layer, true, hidden);
    const squares = new Map<string, Float64Array>();
    let cosine = 0;
    let tokens = 0;
    for (const result of results) {
      for (const value of result.cosine.data as Float32Array) cosine += value;
      tokens += result.cosine.data.length;
      for (const [name, { data }] of Object.entries(result)) {
        if (!name.startsWith(SQUARES)) continue;
        const module = name.slice(SQUARES.length);
        const sums = squares.get(module) ?? new Float64Array(data.length);
        for (let i = 0; i < sums.length; i++) sums[i] += Number(data[i]);
        squares.set(module, sums);
      }
    }
    return { hidden: results.map(({ next }) => next), influence: 1 - cosine / tokens, squares };
  }

  /** Mean negative log-likelihood of the windows' tokens after their first, in nats, from the last block's output. */
  async loss(hidden: Hidden): Promise<number> {
    let nats = 0;
    let tokens = 0;
    for (const { losses } of await this.#run('loss', false, hidden)) {
      for (const loss of losses.data as Float32Array) nats += loss;
      tokens += losses.data.length;
    }
    return nats / tokens;
  }

  async #run(stage: Stage, probe: boolean, hidden?: Hidden, replaced?: ReadonlyMap<string, Float32Array>) {
    const session = await this.#session(stage, probe);
    const feeds: Record<string, Tensor> = {};
    for (const name of session.inputs) {
      if (this.#model.weights.has(name)) feeds[name] = await this.#weight(name, replaced?.get(name));
    }
    const results: Record<string, Tensor>[] = [];
    for (const [i, rows] of this.#batches.entries()) {
      this.#options.signal?.throwIfAborted();
      const all = { ...feeds, ...textFeeds(rows), ...(hidden ? { hidden: hidden[i] } : {}) };
      const used = Object.fromEntries(Object.entries(all).filter(([name]) => session.inputs.includes(name)));
      results.push(await session.run(used, session.outputs, { signal: this.#options.signal }));
    }
    return results;
  }

  async #session(stage: Stage, probe: boolean): Promise<Session> {
    const key = `${stage}/${probe}`;
    let session = this.#sessions.get(key);
    if (!session) {
      const graph = buildStage(this.#model, stage, this.#batches[0][0].length, probe);
      session = await openSession(encodeModel(graph), { threads: this.#options.threads, prepack: false });
      this.#sessions.set(key, session);
    }
    return session;
  }

  async #weight(name: string, replaced: Float32Array | undefined): Promise<Tensor> {
    const constant = this.#model.weights.get(name)!;
    if (replaced) return tensor('float32', constant.shape, replaced);
    const kept = this.#weights.get(name);
    if (kept) return kept;
    const weight = tensor('float32', constant.shape, await readFloats(constant));
    if (this.#options.keepWeights) this.#weights.set(name, weight);
    return weight;
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    this.#weights.clear();
  }
}

function textFeeds(rows: readonly (readonly number[])[]): Record<string, Tensor> {
  const [batch, length] = [rows.length, rows[0].length];
  const grid = (value: (row: number, t: number) => number) =>
    int64(
      [batch, length],
      Array.from({ length: batch * length }, (_, i) => value(Math.floor(i / length), i % length)),
    );
  const places = rows.flatMap((_, row) => Array.from({ length: length - 1 }, (_, t) => row * length + t));
  return {
    input_ids: grid((row, t) => rows[row][t]),
    position_ids: grid((_, t) => t),
    segment_ids: grid(() => 1),
    token_type_ids: grid(() => 0),
    rows: int64([places.length], places),
    targets: int64(
      [places.length],
      rows.flatMap((row) => row.slice(1)),
    ),
  };
}
