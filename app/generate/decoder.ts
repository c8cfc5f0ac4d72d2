/**
 * A model ready to extend a sequence: keys and values stay in buffers of the full length that the runtime reads and
 * writes in place, and logits are computed only where they are asked for.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../contract/errors.ts';
import type { CacheType } from '../models/graphs/cache-kit.ts';
import { buildDecodingGraph } from '../models/graphs/decoding-graph.ts';
import type { StoredModel } from '../models/stored.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { openSession, runtimeInfo } from '../runtime/open.ts';
import { watchOtherLoad } from '../runtime/other-load.ts';
import type { Binding, OperatorTime, Session } from '../runtime/session.ts';
import { isExternal } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { type CacheScales, KeyValueCache } from './key-value-cache.ts';

export interface DecoderOptions {
  readonly threads?: number;
  /** Longest sequence, prompt and answer; default the model's own limit, at most 4,096. */
  readonly maxLength?: number;
  readonly profile?: boolean;
  /** See `SessionOptions`; default: where other programs leave the machine quiet while the model is being opened. */
  readonly spin?: boolean;
  /** int8: keys and values in a quarter of the memory, on scales that a sample text gives as the model is opened. */
  readonly cacheType?: CacheType;
  /** Token ids of that text; default: the sample that comes with Lathe. */
  readonly cacheSample?: ArrayLike<number>;
  /** Names of graph fusions to leave out. */
  readonly withoutFusions?: readonly string[];
}

/**
 * Prompts run in pieces of this many tokens: attention then skips most of what causality masks anyway (5% of the time of
 * 512 tokens), memory does not grow with the prompt, and a stop takes effect between pieces.
 */
const CHUNK = 256;
/** Steps up to this long hold the event loop, which saves the hand-over to another thread (0.3 ms of 4). */
const SYNCHRONOUS_MS = 25;
/** Other programs' cores from which on busy waiting costs more than it brings. */
const QUIET = 0.5;

/** Tokens that the scales of an int8 cache come from. */
const SAMPLE = 512;
const SAMPLE_TEXT = fileURLToPath(new URL('../../resources/data/moby-dick-train.txt', import.meta.url));

async function sampleIds(folder: string): Promise<number[]> {
  const [tokenizer, text] = await Promise.all([loadTokenizer(folder), readFile(SAMPLE_TEXT, 'utf8')]);
  return tokenizer.encode(text.slice(0, 8 * SAMPLE), { special: true });
}

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Decoder {
  readonly model: StoredModel;
  readonly maxLength: number;
  readonly implementation: Session['implementation'];
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #cache: KeyValueCache;
  readonly #last = new Int32Array(1);
  readonly #total = new Int32Array(1);
  readonly #one: StepTensors;
  /** How long the last step of one token took. */
  #stepMs = Number.POSITIVE_INFINITY;
  /** The tokens whose keys and values the cache holds. */
  readonly #ids: number[] = [];

  private constructor(model: StoredModel, session: Session, maxLength: number, scales: CacheScales | undefined) {
    this.model = model;
    this.maxLength = maxLength;
    this.#session = session;
    this.implementation = session.implementation;
    this.#binding = session.bind();
    this.#cache = new KeyValueCache(model, maxLength, scales);
    if (this.implementation === 'direct') this.#cache.bindInPlace(this.#binding);
    else this.#cache.bindFresh(this.#binding);
    this.#binding.input('last_position', tensor('int32', [1], this.#last));
    this.#binding.input('total_length', tensor('int32', [], this.#total));
    this.#one = stepTensors(1, zeros('float32', [1, model.config.vocabulary]));
  }

  /** @throws UserError runtime/failed */
  static async open(model: StoredModel, options: DecoderOptions = {}): Promise<Decoder> {
    const otherLoad = watchOtherLoad();
    const scales = options.cacheType === 'int8' ? await Decoder.#sampleScales(model, options) : undefined;
    const limit = Math.min(model.config.maxLength, 4096);
    const maxLength = Math.min(options.maxLength ?? limit, model.config.maxLength);
    const { implementation } = await runtimeInfo();
    const cacheOutput = implementation === 'direct' ? 'present' : 'fresh';
    const description = buildDecodingGraph(model, {
      ...model,
      maxLength,
      lengths: 'lengths',
      cacheOutput,
      cacheType: options.cacheType,
    });
    const graph = fuse(lower(description), options.withoutFusions);
    const external = [...graph.constants.values()].find(isExternal);
    const folder = external ? dirname(resolve(external.file)) : undefined;
    const bytes = encodeModel(graph, { place: folder === undefined ? undefined : placeInFiles(folder) });
    const session = await openSession(bytes, {
      threads: options.threads,
      dataFolder: folder,
      profile: options.profile,
      spin: options.spin ?? (options.threads !== 1 && (otherLoad() ?? QUIET) < QUIET),
    });
    return new Decoder(model, session, maxLength, scales);
  }

  /** Keys and values of a sample text, computed with a float32 cache, tell how large they get. */
  static async #sampleScales(model: StoredModel, options: DecoderOptions): Promise<CacheScales> {
    const sample = options.cacheSample ?? (await sampleIds(model.folder));
    const ids = Array.prototype.slice.call(sample, 0, Math.min(SAMPLE, model.config.maxLength)) as number[];
    const plain = await Decoder.open(model, {
      ...options,
      cacheType: 'float32',
      profile: false,
      maxLength: ids.length,
    });
    try {
      await plain.extend(ids);
      return plain.#cache.scales(ids.length);
    } finally {
      plain.dispose();
    }
  }

  /**
   * Adds tokens to the sequence.
   * @param wanted which of the new tokens get logits, in ascending order; default the last
   * @returns logits, float32 [wanted, vocabulary]; overwritten by the next call with one token
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async extend(ids: ArrayLike<number>, wanted?: ArrayLike<number>, signal?: AbortSignal): Promise<Tensor> {
    const end = this.length + ids.length;
    if (end > this.maxLength) {
      throw new UserError('arguments/invalid', `${end} tokens do not fit the context of ${this.maxLength}`);
    }
    const rows = Array.from(wanted ?? [ids.length - 1]);
    if (ids.length === 1 && rows.length === 1) return this.#extendByOne(ids[0], signal);
    const { vocabulary } = this.model.config;
    const logits = zeros('float32', [rows.length, vocabulary]);
    let done = 0;
    for (let begin = 0; begin < ids.length; begin += CHUNK) {
      const piece = Array.from(ids).slice(begin, begin + CHUNK);
      const inPiece = rows.filter((row) => row >= begin && row < begin + piece.length).map((row) => row - begin);
      const data = (logits.data as Float32Array).subarray(done * vocabulary, (done + inPiece.length) * vocabulary);
      const step = stepTensors(piece.length, tensor('float32', [inPiece.length, vocabulary], data));
      this.#prepare(step, piece, inPiece);
      await this.#binding.run({ signal });
      this.#grow(piece);
      done += inPiece.length;
    }
    return logits;
  }

  async #extendByOne(id: number, signal?: AbortSignal): Promise<Tensor> {
    const synchronous = this.implementation === 'direct' && this.#stepMs <= SYNCHRONOUS_MS;
    if (synchronous) {
      await breathe();
      signal?.throwIfAborted();
    }
    const begin = performance.now();
    this.#prepare(this.#one, [id], [0]);
    if (synchronous) this.#binding.runSync();
    else await this.#binding.run({ signal });
    this.#stepMs = performance.now() - begin;
    this.#grow([id]);
    return this.#one.logits;
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#ids.length;
  }

  #prepare(step: StepTensors, ids: ArrayLike<number>, rows: ArrayLike<number>): void {
    const tokens = step.ids.data as BigInt64Array;
    const positions = step.positions.data as BigInt64Array;
    for (let i = 0; i < ids.length; i++) {
      tokens[i] = BigInt(ids[i]);
      positions[i] = BigInt(this.length + i);
    }
    (step.rows.data as BigInt64Array).set(Array.from(rows, BigInt));
    this.#total[0] = this.length + ids.length;
    this.#last[0] = this.#total[0] - 1;
    this.#binding.input('input_ids', step.ids).input('rows', step.rows).output('logits', step.logits);
    if (this.#session.inputs.includes('position_ids')) this.#binding.input('position_ids', step.positions);
  }

  #grow(ids: readonly number[]): void {
    if (this.implementation === 'javascript') this.#cache.append(this.#binding.outputs(), this.length);
    this.#ids.push(...ids);
  }

  /** Forgets everything after the first `length` tokens. */
  rewind(length = 0): void {
    if (length > this.length) throw new Error(`cannot rewind ${this.length} tokens to ${length}`);
    this.#ids.length = length;
  }

  /**
   * Keeps what the cache shares with the beginning of a sequence, at least one token of which is left to be run: the next
   * turn of a conversation need not be read from its start.
   * @returns how many tokens were kept
   */
  rewindTo(sequence: readonly number[]): number {
    let common = 0;
    while (common < Math.min(this.length, sequence.length - 1) && this.#ids[common] === sequence[common]) common += 1;
    this.rewind(common);
    return common;
  }

  operatorTimes(): OperatorTime[] {
    return this.#session.operatorTimes();
  }

  dispose(): void {
    this.#binding.dispose();
    this.#session.dispose();
  }
}

interface StepTensors {
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly rows: Tensor;
  readonly logits: Tensor;
}

const stepTensors = (count: number, logits: Tensor): StepTensors => ({
  ids: tensor('int64', [1, count], new BigInt64Array(count)),
  positions: tensor('int64', [1, count], new BigInt64Array(count)),
  rows: tensor('int64', [logits.shape[0]], new BigInt64Array(logits.shape[0])),
  logits,
});
