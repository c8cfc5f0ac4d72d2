/**
 * Greedy decoding whose computation follows each token: a sure exit after the lower layers ends its step; the layers above
 * run later for all such tokens at once, when one needs them (lazy catch-up), so their keys and values are exactly those of
 * the whole model. A gate that costs one dot product says whether an exit is worth asking. At the end a short list of tokens
 * is looked at first, the whole vocabulary only where that is not sure.
 */
import { UserError } from '../contract/errors.ts';
import { NEVER } from '../models/adaptive-note.ts';
import {
  buildExitMap,
  buildFullHead,
  buildListHead,
  buildLowerPart,
  buildUpperPart,
  type ExitMap,
} from '../models/graphs/decoding-parts.ts';
import type { ListHead } from '../models/graphs/list-head.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Session } from '../runtime/session.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import { LayerCache, type Memory, Stage } from './decoding-stage.ts';
import { type Gate, gateScore } from './exit-gate.ts';
import { openGraph } from './open-graph.ts';
import { breathe } from './pace.ts';

/** Where decoding may stop, and the short list: what `lathe adapt` found for a decoder. */
export interface Exits {
  /** The lower part has so many layers. */
  readonly layer: number;
  readonly map: ExitMap;
  readonly gate: Gate;
  readonly list: ListHead;
}

/** Answers are taken where confidence is above; 1: never. */
export interface StepThresholds {
  readonly exit: number;
  readonly shortlist: number;
  /** The exit is asked where the gate's score is above; absent: always. */
  readonly gate?: number;
}

export type StepKind = 'exit' | 'shortlist' | 'full';

export interface StepResult {
  readonly token: number;
  readonly kind: StepKind;
  /** Layers that ran for this token by now. */
  readonly layers: number;
  /** Tokens that were caught up with in this step. */
  readonly caughtUp: number;
}

/** What an exit says follows, and how likely that is to itself, among the tokens of the short list. */
export interface Guess {
  readonly token: number;
  readonly confidence: number;
}

export interface AdaptiveDecoderOptions {
  readonly threads?: number;
  readonly maxLength: number;
  /** See `SessionOptions`. */
  readonly spin?: boolean;
}

interface Stages {
  readonly lower: Stage;
  readonly upper: Stage;
  readonly map: Stage;
  readonly list: Stage;
  readonly head: Stage;
}

export class AdaptiveDecoder {
  readonly model: StoredModel;
  readonly #exits: Exits;
  readonly #stages: Stages;
  readonly #below: LayerCache;
  readonly #above: LayerCache;
  readonly maxLength: number;
  /** Hidden states [width] of tokens that have only run through the lower part. */
  #pending: Float32Array[] = [];

  private constructor(
    model: StoredModel,
    exits: Exits,
    sessions: Readonly<Record<keyof Stages, Session>>,
    maxLength: number,
  ) {
    this.model = model;
    this.#exits = exits;
    this.maxLength = maxLength;
    const { width, layers, vocabulary } = model.config;
    this.#below = new LayerCache(model, { from: 0, to: exits.layer }, maxLength);
    this.#above = new LayerCache(model, { from: exits.layer, to: layers }, maxLength);
    const passing = (rows: number, answered: number): Memory => ({
      input_ids: zeros('int64', [1, rows]),
      position_ids: zeros('int64', [1, rows]),
      hidden: zeros('float32', [1, rows, width]),
      rows: zeros('int64', [answered]),
      state: zeros('float32', [answered, width]),
    });
    const answering = (rows: number): Memory => ({
      x: zeros('float32', [rows, width]),
      state: zeros('float32', [rows, width]),
      token: zeros('int64', [rows]),
      confidence: zeros('float32', [rows]),
    });
    const { lower, upper, map, list, head } = sessions;
    this.#stages = {
      lower: new Stage(lower, passing, (binding) => this.#below.bind(binding)),
      upper: new Stage(upper, passing, (binding) => this.#above.bind(binding)),
      map: new Stage(map, answering),
      list: new Stage(list, answering),
      head: new Stage(head, (rows) => ({ ...answering(rows), logits: zeros('float32', [rows, vocabulary]) })),
    };
  }

  /** @throws UserError runtime/failed, runtime/unavailable where caches cannot be worked on in place */
  static async open(model: StoredModel, exits: Exits, options: AdaptiveDecoderOptions): Promise<AdaptiveDecoder> {
    const { maxLength, ...session } = options;
    const parts = { ...model, maxLength };
    const sessions = {} as Record<keyof Stages, Session>;
    const graphs = {
      lower: () => buildLowerPart(model, exits.layer, parts),
      upper: () => buildUpperPart(model, exits.layer, parts),
      map: () => buildExitMap(exits.map, model.config.width),
      list: () => buildListHead(model, exits.list),
      head: () => buildFullHead(model, parts),
    };
    try {
      for (const name of Object.keys(graphs) as (keyof Stages)[]) {
        sessions[name] = await openGraph(graphs[name](), { spin: false, ...session });
        if (sessions[name].implementation !== 'direct')
          throw new UserError('runtime/unavailable', 'adaptive decoding needs the runtime’s C library');
      }
    } catch (error) {
      for (const opened of Object.values(sessions)) opened.dispose();
      throw error;
    }
    return new AdaptiveDecoder(model, exits, sessions, maxLength);
  }

  /** Tokens of the sequence so far. */
  get length(): number {
    return this.#below.length;
  }

  /** Forgets everything after the first `length` tokens. */
  rewind(length = 0): void {
    if (length > this.length) throw new Error(`cannot rewind ${this.length} tokens to ${length}`);
    this.#below.length = length;
    this.#above.length = Math.min(this.#above.length, length);
    this.#pending.length = length - this.#above.length;
  }

  /**
   * Adds a prompt, all of which runs through all layers, and answers what follows it.
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async read(ids: ArrayLike<number>, thresholds: StepThresholds, signal?: AbortSignal): Promise<StepResult> {
    await this.#begin(ids, signal);
    return (await this.#deep([ids.length - 1], ids.length, thresholds, signal))[0];
  }

  /**
   * Adds tokens and answers what follows each of them, each as it would be answered if it were added alone.
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async extend(ids: ArrayLike<number>, thresholds: StepThresholds, signal?: AbortSignal): Promise<StepResult[]> {
    await breathe();
    signal?.throwIfAborted();
    await this.#begin(ids, signal);
    const count = ids.length;
    const early = await this.#askExits(count, thresholds);
    const rest = Array.from({ length: count }, (_, row) => row).filter((row) => !early.has(row));
    const deep = rest.length > 0 ? await this.#deep(rest, count, thresholds, signal) : [];
    return Array.from({ length: count }, (_, row) => early.get(row) ?? deep[rest.indexOf(row)]);
  }

  /** Runs tokens through the lower part; what is above them is pending. */
  async #begin(ids: ArrayLike<number>, signal?: AbortSignal): Promise<void> {
    const count = ids.length;
    const begin = this.length;
    if (begin + count > this.maxLength)
      throw new UserError('arguments/invalid', `${begin + count} tokens do not fit the context of ${this.maxLength}`);
    this.#below.announce(count);
    const { hidden } = await this.#stages.lower.run(
      { rows: count, answered: 1 },
      ({ input_ids, position_ids }) => {
        for (let i = 0; i < count; i++) (input_ids.data as BigInt64Array)[i] = BigInt(ids[i]);
        number(position_ids, begin);
      },
      signal,
    );
    this.#below.length += count;
    const { width } = this.model.config;
    for (let t = 0; t < count; t++) this.#pending.push((hidden.data as Float32Array).slice(t * width, (t + 1) * width));
  }

  /** @returns by row, of the last `count` tokens: what the exit is sure of */
  async #askExits(
    count: number,
    { exit, gate }: Omit<StepThresholds, 'shortlist'>,
  ): Promise<ReadonlyMap<number, StepResult>> {
    const sure = new Map<number, StepResult>();
    if (exit >= NEVER) return sure;
    const { layer } = this.#exits;
    const first = this.#pending.length - count;
    const asked = Array.from({ length: count }, (_, row) => row).filter(
      (row) => gate === undefined || gateScore(this.#pending[first + row], this.#exits.gate) > gate,
    );
    if (asked.length === 0) return sure;
    for (const [i, { token, confidence }] of (await this.#exitAnswers(asked.map((row) => first + row))).entries()) {
      if (confidence > exit) sure.set(asked[i], { token, kind: 'exit', layers: layer, caughtUp: 0 });
    }
    return sure;
  }

  /** @param places of pending tokens */
  async #exitAnswers(places: readonly number[]): Promise<Guess[]> {
    const rows = places.length;
    const { width } = this.model.config;
    const { state } = await this.#stages.map.run({ rows }, ({ x }) => {
      for (const [i, place] of places.entries()) x.data.set(this.#pending[place] as never, i * width);
    });
    const { token, confidence } = await this.#stages.list.run({ rows }, (memory) =>
      memory.state.data.set(state.data as never),
    );
    const { tokens } = this.#exits.list;
    return places.map((_, i) => ({ token: tokens[Number(token.data[i])], confidence: Number(confidence.data[i]) }));
  }

  /** Answers after all layers. @param rows which of the last `count` tokens */
  async #deep(
    rows: readonly number[],
    count: number,
    { shortlist }: StepThresholds,
    signal?: AbortSignal,
  ): Promise<StepResult[]> {
    const caughtUp = this.#pending.length - count;
    const states = await this.#catchUp(rows, count, signal);
    const { width, layers } = this.model.config;
    const results = new Array<StepResult>(rows.length);
    if (shortlist < NEVER) {
      const { tokens } = this.#exits.list;
      const { token, confidence } = await this.#stages.list.run({ rows: rows.length }, ({ state }) =>
        state.data.set(states as never),
      );
      for (let i = 0; i < rows.length; i++) {
        if (!(Number(confidence.data[i]) > shortlist)) continue;
        results[i] = { token: tokens[Number(token.data[i])], kind: 'shortlist', layers, caughtUp };
      }
    }
    const unsure = Array.from(rows, (_, i) => i).filter((i) => results[i] === undefined);
    if (unsure.length === 0) return results;
    const { token } = await this.#stages.head.run({ rows: unsure.length }, ({ state }) => {
      for (const [at, i] of unsure.entries())
        state.data.set(states.subarray(i * width, (i + 1) * width) as never, at * width);
    });
    for (const [at, i] of unsure.entries())
      results[i] = { token: Number(token.data[at]), kind: 'full', layers, caughtUp };
    return results;
  }

  /** Runs everything pending through the upper part. @returns float32 [rows, width]: final states of these of the last `count` */
  async #catchUp(rows: readonly number[], count: number, signal?: AbortSignal): Promise<Float32Array> {
    const pending = this.#pending.length;
    const { width } = this.model.config;
    const begin = this.#above.length;
    this.#above.announce(pending);
    const { state } = await this.#stages.upper.run(
      { rows: pending, answered: rows.length },
      (memory) => {
        for (const [t, hidden] of this.#pending.entries()) memory.hidden.data.set(hidden as never, t * width);
        number(memory.position_ids, begin);
        for (const [i, row] of rows.entries()) (memory.rows.data as BigInt64Array)[i] = BigInt(pending - count + row);
      },
      signal,
    );
    this.#above.length += pending;
    this.#pending = [];
    return state.data as Float32Array;
  }

  /** Adds tokens. @returns the whole model's logits behind the last, float32 [1, vocabulary]; overwritten by the next step */
  async logits(ids: ArrayLike<number>, signal?: AbortSignal): Promise<Tensor> {
    await this.#begin(ids, signal);
    return this.#wholeLogits([ids.length - 1], ids.length, signal);
  }

  /** Adds a token, which no layer above the exit sees yet. @returns what the exit says follows */
  async guess(id: number, signal?: AbortSignal): Promise<Guess> {
    await breathe();
    signal?.throwIfAborted();
    await this.#begin([id], signal);
    return (await this.#exitAnswers([this.#pending.length - 1]))[0];
  }

  /** Share of the layers that an exit comes after. */
  get depthOfExit(): number {
    return this.#exits.layer / this.model.config.layers;
  }

  /**
   * Adds tokens. @param count of the last tokens, none of which may have been caught up with
   * @returns the whole model's logits behind each of these, float32 [count, vocabulary]; overwritten by the next step
   */
  async check(ids: ArrayLike<number>, count: number, signal?: AbortSignal): Promise<Tensor> {
    if (ids.length > 0) await this.#begin(ids, signal);
    if (count > this.#pending.length)
      throw new Error(`${count} tokens are to be checked, ${this.#pending.length} can be`);
    const rows = Array.from({ length: count }, (_, row) => row);
    return this.#wholeLogits(rows, count, signal);
  }

  /** @param rows which of the last `count` tokens */
  async #wholeLogits(rows: readonly number[], count: number, signal?: AbortSignal): Promise<Tensor> {
    const states = await this.#catchUp(rows, count, signal);
    const { logits } = await this.#stages.head.run({ rows: rows.length }, ({ state }) =>
      state.data.set(states as never),
    );
    return logits;
  }

  dispose(): void {
    for (const stage of Object.values(this.#stages)) stage.dispose();
  }
}

/** Writes begin, begin + 1, … */
function number({ data }: Tensor, begin: number): void {
  for (let i = 0; i < data.length; i++) (data as BigInt64Array)[i] = BigInt(begin + i);
}
