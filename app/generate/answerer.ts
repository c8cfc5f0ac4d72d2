/** An encoder-decoder at work: reads an input once, then says what follows in the answer, token by token. */
import { UserError } from '../contract/errors.ts';
import { memoryName, pastName, presentName } from '../models/graphs/cache-kit.ts';
import { buildAnsweringGraph } from '../models/graphs/decoding-graph.ts';
import { buildEncodingGraph } from '../models/graphs/encoding-graph.ts';
import { freezeWeights } from '../models/graphs/frozen-weights.ts';
import type { Model } from '../models/model.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import type { Session } from '../runtime/session.ts';
import { int64, type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { type Generation, writeText } from './generate.ts';
import { openGraph } from './open-graph.ts';
import { Sampler, type SamplingOptions } from './sampler.ts';

export interface AnswererOptions {
  readonly threads?: number;
  /** Longest input and answer; default the model's own limit. */
  readonly maxLength?: number;
}

const PARTS = ['key', 'value'] as const;

export class Answerer {
  readonly model: Model;
  readonly #encoder: Session;
  readonly #decoder: Session;
  #memory: Record<string, Tensor> = {};
  #cache: Record<string, Tensor> = {};
  /** Tokens of the answer so far, the start token included. */
  length = 0;

  private constructor(model: Model, encoder: Session, decoder: Session) {
    this.model = model;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** @throws UserError arguments/incompatible for a model without encoder and decoder, runtime/failed */
  static async open(model: Model, { threads, maxLength = model.config.maxLength }: AnswererOptions = {}) {
    if (model.architecture.kind !== 'encoder-decoder') {
      throw new UserError('arguments/incompatible', `${model.architecture.name} has no encoder and decoder`);
    }
    const encoder = await openGraph(freezeWeights(buildEncodingGraph(model, maxLength), model.weights), { threads });
    const decoder = await openGraph(buildAnsweringGraph(model, { weights: model.weights, maxLength }), { threads });
    return new Answerer(model, encoder, decoder);
  }

  /** Reads an input, and begins a new answer. */
  async read(ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const shape = [1, ids.length];
    const feeds = {
      input_ids: int64(shape, ids),
      position_ids: int64(shape, [...ids.keys()]),
      segment_ids: int64(shape, new Array<number>(ids.length).fill(1)),
    };
    const memory = await this.#encoder.run(this.#known(this.#encoder, feeds), this.#encoder.outputs, { signal });
    this.#memory = { ...memory, encoder_attention_mask: feeds.segment_ids };
    const { layers, keyValueHeads, headDim } = this.model.config;
    this.#cache = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of PARTS) {
        if (!this.#memory[memoryName(layer, part)]) throw new Error(`the encoder gives no ${part} to layer ${layer}`);
        this.#cache[pastName(layer, part)] = zeros('float32', [1, keyValueHeads, 0, headDim]);
      }
    }
    this.length = 0;
  }

  /**
   * Adds tokens to the answer, which begins with the model's start token.
   * @returns logits after the last, float32 [1, vocabulary], or after each of `all` of them
   */
  async extend(
    ids: readonly number[],
    { signal, all = false }: { readonly signal?: AbortSignal; readonly all?: boolean } = {},
  ): Promise<Tensor> {
    const end = this.length + ids.length;
    const feeds = {
      ...this.#memory,
      ...this.#cache,
      input_ids: int64([1, ids.length], ids),
      position_ids: int64(
        [1, ids.length],
        ids.map((_, i) => this.length + i),
      ),
      last_position: tensor('int32', [1], Int32Array.of(end - 1)),
      total_length: tensor('int32', [], Int32Array.of(end)),
      rows: all ? int64([ids.length], [...ids.keys()]) : int64([1], [ids.length - 1]),
    };
    const results = await this.#decoder.run(this.#known(this.#decoder, feeds), this.#decoder.outputs, { signal });
    for (let layer = 0; layer < this.model.config.layers; layer++) {
      for (const part of PARTS) this.#cache[pastName(layer, part)] = results[presentName(layer, part)];
    }
    this.length = end;
    return results.logits;
  }

  #known(session: Session, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));
  }

  dispose(): void {
    this.#encoder.dispose();
    this.#decoder.dispose();
  }
}

export interface AnswerOptions extends SamplingOptions {
  readonly maxTokens: number;
  /** Ids after which the answer ends; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
}

/** The answer's tokens as they come, without the start token; the likeliest each time unless sampling is asked for. */
export async function* answerIds(
  answerer: Answerer,
  input: readonly number[],
  { maxTokens, stopIds = [], signal, ...sampling }: AnswerOptions,
): AsyncGenerator<number, void> {
  const sampler = new Sampler(sampling, input);
  await answerer.read(input, signal);
  let next = answerer.model.config.decoderStart ?? 0;
  const most = Math.min(maxTokens, answerer.model.config.maxLength);
  for (let i = 0; i < most; i++) {
    const { data } = await answerer.extend([next], { signal });
    next = sampler.pick(data as Float32Array);
    if (stopIds.includes(next)) return;
    yield next;
  }
}

/** The answer to a text, with the times it took. */
export const answerText = (
  answerer: Answerer,
  tokenizer: Tokenizer,
  input: readonly number[],
  options: AnswerOptions,
): Promise<Generation> =>
  writeText(answerIds(answerer, input, options), tokenizer, { prompt: input.length, stop: options.stop });
