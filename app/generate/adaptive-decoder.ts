/**
 * Greedy decoding whose computation follows each token: a sure exit after the lower layers ends its step; the layers above
 * run later for all such tokens at once, when one needs them (lazy catch-up), so their keys and values are exactly those of
 * the whole model. At the end a short list of tokens is looked at first, the whole vocabulary only where that is not sure.
 */
import { dirname, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import {
  buildFullHead,
  buildLowerPart,
  buildUpperPart,
  type ExitMap,
  type LayerRange,
} from '../models/graphs/decoding-parts.ts';
import type { StoredModel } from '../models/stored.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { openSession } from '../runtime/open.ts';
import type { Binding, Session } from '../runtime/session.ts';
import { type Graph, isExternal } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { float32, int64, type Tensor, tensor, zeros } from '../tensor/tensor.ts';

/** Where decoding may stop, and the short list: what `lathe adapt` found for a decoder. */
export interface Exits {
  /** The lower part has so many layers. */
  readonly layer: number;
  readonly map: ExitMap;
  /** Token ids of the short list, and their rows of the head: float32 [tokens, width]. */
  readonly tokens: ArrayLike<number>;
  readonly weight: Float32Array;
}

/** Answers are taken where confidence is above; 1: never. */
export interface StepThresholds {
  readonly exit: number;
  readonly shortlist: number;
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

export interface AdaptiveDecoderOptions {
  readonly threads?: number;
  readonly maxLength: number;
}

/** One of the two parts with its caches. A step of one token works in fixed memory: nothing is made or copied for it. */
class Part {
  readonly session: Session;
  readonly #one: Binding;
  readonly #many: Binding;
  readonly #fixed: Readonly<Record<string, Tensor>>;
  readonly #last = new Int32Array(1);
  readonly #total = new Int32Array(1);
  /** Tokens whose keys and values are there. */
  length = 0;

  /** @param fixed inputs and outputs of a step of one token, by name */
  constructor(
    session: Session,
    { config }: StoredModel,
    range: LayerRange,
    capacity: number,
    fixed: Readonly<Record<string, Tensor>>,
  ) {
    this.session = session;
    this.#fixed = fixed;
    this.#one = session.bind();
    this.#many = session.bind();
    for (let layer = range.from; layer < range.to; layer++) {
      for (const part of ['key', 'value'] as const) {
        const slot = zeros('float32', [1, config.keyValueHeads, capacity, config.headDim]);
        for (const binding of [this.#one, this.#many])
          binding.input(pastName(layer, part), slot).output(presentName(layer, part), slot);
      }
    }
    for (const binding of [this.#one, this.#many]) {
      binding.input('last_position', tensor('int32', [1], this.#last));
      binding.input('total_length', tensor('int32', [], this.#total));
    }
    for (const name of session.inputs) if (fixed[name]) this.#one.input(name, fixed[name]);
    for (const name of session.outputs) {
      if (name.startsWith('present')) continue;
      this.#one.output(name, fixed[name]);
      this.#many.allocate(name);
    }
  }

  /** @returns the outputs, which the next step of one token overwrites */
  async run(
    count: number,
    feeds: Readonly<Record<string, Tensor>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, Tensor>>> {
    this.#total[0] = this.length + count;
    this.#last[0] = this.#total[0] - 1;
    this.length += count;
    const used = Object.entries(feeds).filter(([name]) => this.session.inputs.includes(name));
    if (count === 1) {
      for (const [name, value] of used) this.#fixed[name].data.set(value.data as never);
      this.#one.runSync();
      return this.#fixed;
    }
    for (const [name, value] of used) this.#many.input(name, value);
    await this.#many.run({ signal });
    return this.#many.outputs();
  }

  dispose(): void {
    this.#one.dispose();
    this.#many.dispose();
    this.session.dispose();
  }
}

/** Memory of a step of one token through either part. */
function stepMemory(width: number): Record<string, Tensor> {
  return {
    input_ids: zeros('int64', [1, 1]),
    position_ids: zeros('int64', [1, 1]),
    rows: zeros('int64', [1]),
    hidden: zeros('float32', [1, 1, width]),
    state: zeros('float32', [1, width]),
    exit_token: zeros('int64', [1]),
    exit_confidence: zeros('float32', [1]),
    short_token: zeros('int64', [1]),
    short_confidence: zeros('float32', [1]),
  };
}

export class AdaptiveDecoder {
  readonly #model: StoredModel;
  readonly #exits: Exits;
  readonly #lower: Part;
  readonly #upper: Part;
  readonly #head: Session;
  readonly maxLength: number;
  /** Hidden states [width] of tokens that have only run through the lower part. */
  #pending: Float32Array[] = [];

  private constructor(
    model: StoredModel,
    exits: Exits,
    parts: readonly [Part, Part],
    head: Session,
    maxLength: number,
  ) {
    this.#model = model;
    this.#exits = exits;
    [this.#lower, this.#upper] = parts;
    this.#head = head;
    this.maxLength = maxLength;
  }

  /** @throws UserError runtime/failed, runtime/unavailable where caches cannot be worked on in place */
  static async open(model: StoredModel, exits: Exits, options: AdaptiveDecoderOptions): Promise<AdaptiveDecoder> {
    const { width, layers } = model.config;
    const shortlist = { weight: float32([exits.tokens.length, width], exits.weight) };
    const parts = { ...model, maxLength: options.maxLength, shortlist, exit: exits.map };
    const open = (graph: Graph) => openGraph(graph, options.threads);
    const bottom = await open(buildLowerPart(model, exits.layer, parts));
    if (bottom.implementation !== 'direct') {
      bottom.dispose();
      throw new UserError('runtime/unavailable', 'adaptive decoding needs the runtime’s C library');
    }
    const top = await open(buildUpperPart(model, exits.layer, parts));
    const head = await open(buildFullHead(model, parts));
    return new AdaptiveDecoder(
      model,
      exits,
      [
        new Part(bottom, model, { from: 0, to: exits.layer }, options.maxLength, stepMemory(width)),
        new Part(top, model, { from: exits.layer, to: layers }, options.maxLength, stepMemory(width)),
      ],
      head,
      options.maxLength,
    );
  }

  /** Tokens of the sequence so far. */
  get length(): number {
    return this.#lower.length;
  }

  /** Forgets everything. */
  reset(): void {
    this.#lower.length = 0;
    this.#upper.length = 0;
    this.#pending = [];
  }

  /**
   * Adds tokens and answers what follows the last of them. Several at once (a prompt) always run through all layers.
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async extend(ids: ArrayLike<number>, thresholds: StepThresholds, signal?: AbortSignal): Promise<StepResult> {
    const count = ids.length;
    if (this.length + count > this.maxLength)
      throw new UserError(
        'arguments/invalid',
        `${this.length + count} tokens do not fit the context of ${this.maxLength}`,
      );
    const low = await this.#begin(ids, signal);
    const { layers } = this.#model.config;
    if (count === 1 && Number(low.exit_confidence.data[0]) > thresholds.exit) {
      const token = this.#exits.tokens[Number(low.exit_token.data[0])];
      return { token, kind: 'exit', layers: this.#exits.layer, caughtUp: 0 };
    }
    const caughtUp = this.#pending.length - count;
    const top = await this.#catchUp(signal);
    if (Number(top.short_confidence.data[0]) > thresholds.shortlist) {
      const token = this.#exits.tokens[Number(top.short_token.data[0])];
      return { token, kind: 'shortlist', layers, caughtUp };
    }
    const { token } = await this.#head.run({ state: top.state }, ['token']);
    return { token: Number(token.data[0]), kind: 'full', layers, caughtUp };
  }

  /** Runs tokens through the lower part; what is above them is pending. */
  async #begin(ids: ArrayLike<number>, signal?: AbortSignal): Promise<Readonly<Record<string, Tensor>>> {
    const count = ids.length;
    const begin = this.length;
    const low = await this.#lower.run(
      count,
      {
        input_ids: int64([1, count], Array.from(ids)),
        position_ids: int64(
          [1, count],
          Array.from({ length: count }, (_, i) => begin + i),
        ),
        rows: int64([1], [count - 1]),
      },
      signal,
    );
    const { width } = this.#model.config;
    const hidden = low.hidden.data as Float32Array;
    for (let t = 0; t < count; t++) this.#pending.push(hidden.slice(t * width, (t + 1) * width));
    return low;
  }

  /** Runs everything pending through the upper part. @returns its outputs for the last token */
  async #catchUp(signal?: AbortSignal): Promise<Readonly<Record<string, Tensor>>> {
    const count = this.#pending.length;
    const { width } = this.#model.config;
    const hidden = new Float32Array(count * width);
    this.#pending.forEach((row, t) => {
      hidden.set(row, t * width);
    });
    const begin = this.#upper.length;
    this.#pending = [];
    return this.#upper.run(
      count,
      {
        hidden: float32([1, count, width], hidden),
        position_ids: int64(
          [1, count],
          Array.from({ length: count }, (_, i) => begin + i),
        ),
        rows: int64([1], [count - 1]),
      },
      signal,
    );
  }

  /** The whole model's logits behind the last token, float32 [1, vocabulary]: catches up where that is needed. */
  async logits(ids: ArrayLike<number>, signal?: AbortSignal): Promise<Tensor> {
    await this.#begin(ids, signal);
    const { state } = await this.#catchUp(signal);
    return (await this.#head.run({ state }, ['logits'])).logits;
  }

  dispose(): void {
    this.#lower.dispose();
    this.#upper.dispose();
    this.#head.dispose();
  }
}

async function openGraph(description: Graph, threads: number | undefined): Promise<Session> {
  const graph = fuse(lower(description));
  const external = [...graph.constants.values()].find(isExternal);
  const folder = external ? dirname(resolve(external.file)) : undefined;
  const bytes = encodeModel(graph, { place: folder === undefined ? undefined : placeInFiles(folder) });
  return openSession(bytes, { threads, dataFolder: folder });
}
