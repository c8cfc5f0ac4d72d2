/**
 * A model ready to extend a sequence: keys and values stay in buffers of the full length that the runtime reads and
 * writes in place, and logits are computed only where they are asked for.
 */
import { UserError } from '../contract/errors.ts';
import type { StoredModel } from '../models/stored.ts';
import { OpenedOnce } from '../runtime/opened-once.ts';
import type { Binding, OperatorTime, Session } from '../runtime/session.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { SAMPLE_LENGTH, sampleIds } from './cache-sample.ts';
import { Checker } from './checker.ts';
import {
  assertOnDevice,
  type DecoderOptions,
  givesRows,
  holdsCache,
  isPrompt,
  mustBeCompared,
  openDecodingSession,
  openPromptSession,
  sequenceLimit,
} from './decoding-session.ts';
import { DeviceCache } from './device-cache.ts';
import { assertAgrees } from './device-check.ts';
import { checksExactly, roundsSteps, stepsDiffer } from './exactness.ts';
import { type CacheScales, KeyValueCache } from './key-value-cache.ts';
import { Pace } from './pace.ts';
import { pieceEnd } from './pieces.ts';

export type { DecoderOptions } from './decoding-session.ts';

export class Decoder {
  readonly model: StoredModel;
  readonly maxLength: number;
  readonly implementation: Session['implementation'];
  readonly #session: Session;
  readonly #binding: Binding;
  /** Reads prompts, where that is not done as steps are. */
  readonly #reading: { readonly session: Session; readonly binding: Binding } | undefined;
  readonly #cache: KeyValueCache | DeviceCache;
  readonly #last = new Int32Array(1);
  readonly #total = new Int32Array(1);
  readonly #one: StepTensors;
  readonly #options: DecoderOptions;
  readonly #checker = new OpenedOnce<Checker>();
  readonly #exact = new OpenedOnce<boolean>();
  readonly #pace = new Pace();
  /** The tokens whose keys and values the cache holds. */
  readonly #ids: number[] = [];

  private constructor(
    model: StoredModel,
    session: Session,
    reading: Session | undefined,
    maxLength: number,
    options: DecoderOptions,
    cache: KeyValueCache | DeviceCache,
  ) {
    this.model = model;
    this.#options = options;
    this.maxLength = maxLength;
    this.#session = session;
    this.implementation = session.implementation;
    this.#binding = session.bind();
    this.#cache = cache;
    this.#reading = reading && { session: reading, binding: this.#bind(reading.bind(), givesRows(options)) };
    this.#one = stepTensors(1, zeros('float32', [1, model.config.vocabulary]));
  }

  #bind(binding: Binding, rows = false): Binding {
    const cache = this.#cache;
    if (cache instanceof KeyValueCache) {
      if (this.implementation === 'direct' && !rows) cache.bindInPlace(binding);
      else cache.bindFresh(binding);
    }
    return binding
      .input('last_position', tensor('int32', [1], this.#last))
      .input('total_length', tensor('int32', [], this.#total));
  }

  /** @throws UserError runtime/failed, device/differs, device/unavailable; arguments/incompatible where prompts cannot be read as the options say */
  static async open(model: StoredModel, options: DecoderOptions = {}): Promise<Decoder> {
    assertOnDevice(options);
    if (mustBeCompared(options)) await assertAgrees(model, options);
    const scales = options.cacheType === 'int8' ? await Decoder.#sampleScales(model, options) : undefined;
    const maxLength = sequenceLimit(model, options.maxLength);
    // First, because making its weights takes memory that the other session then uses.
    const reading = await openPromptSession(model, { ...options, maxLength });
    const session = await openDecodingSession(model, { ...options, maxLength });
    const cache = holdsCache(options)
      ? DeviceCache.on(session, model, maxLength)
      : new KeyValueCache(model, maxLength, { scales });
    const decoder = new Decoder(model, session, reading, maxLength, options, cache);
    decoder.#bind(decoder.#binding);
    if (cache instanceof DeviceCache) await cache.bindOne(decoder.#binding, 0);
    return decoder;
  }

  /** Keys and values of a sample text, computed with a float32 cache, tell how large they get. */
  static async #sampleScales(model: StoredModel, options: DecoderOptions): Promise<CacheScales> {
    const sample = options.sample ?? (await sampleIds(model.folder));
    const ids = Array.prototype.slice.call(sample, 0, Math.min(SAMPLE_LENGTH, model.config.maxLength)) as number[];
    const plain = await Decoder.open(model, {
      ...options,
      cacheType: 'float32',
      promptType: 'stored',
      profile: false,
      maxLength: ids.length,
    });
    try {
      await plain.extend(ids);
      return plain.#seen.scales(ids.length);
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
    this.#assertFits(ids.length);
    const rows = Array.from(wanted ?? [ids.length - 1]);
    if (ids.length === 1 && rows.length === 1) return this.#extendByOne(ids[0], signal);
    const { vocabulary } = this.model.config;
    const logits = zeros('float32', [rows.length, vocabulary]);
    let done = 0;
    for (let begin = 0; begin < ids.length; ) {
      const piece = Array.from(ids).slice(begin, pieceEnd(begin, ids.length));
      const inPiece = rows.filter((row) => row >= begin && row < begin + piece.length).map((row) => row - begin);
      const data = (logits.data as Float32Array).subarray(done * vocabulary, (done + inPiece.length) * vocabulary);
      const step = stepTensors(piece.length, tensor('float32', [inPiece.length, vocabulary], data));
      const { binding } = (isPrompt(piece) && this.#reading) || { binding: this.#binding };
      this.#prepare(step, piece, inPiece, binding);
      await binding.run({ signal });
      this.#grow(piece, binding);
      done += inPiece.length;
      begin += piece.length;
    }
    return logits;
  }

  /** The cache where it is not on a device. */
  get #seen(): KeyValueCache {
    if (this.#cache instanceof DeviceCache) throw new Error('the cache stays on the device');
    return this.#cache;
  }

  get #rounds(): boolean {
    return roundsSteps(this.model, this.#options.cacheType);
  }

  /** Whether `extendAsSteps` can keep its promise for this model. @throws UserError runtime/failed */
  checksExactly(): Promise<boolean> {
    return this.#exact.get(() => checksExactly(this.model, this.#session, this.#options.cacheType));
  }

  /**
   * Adds at most `STEPS` tokens; each gets the logits it would get if they were added one by one. Models that round their
   * activations open a second session for it, which takes their memory once more.
   * @returns logits, float32 [ids, vocabulary]; overwritten by the next call with as many
   * @throws UserError as `extend`; arguments/incompatible where that is impossible
   */
  async extendAsSteps(ids: readonly number[], signal?: AbortSignal): Promise<Tensor> {
    if (ids.length === 1 || !this.#rounds) return this.extend(ids, [...ids.keys()], signal);
    if (!(await this.checksExactly())) throw stepsDiffer();
    this.#assertFits(ids.length);
    const checker = await this.#checker.get(() => Checker.open(this.model, this.#seen, this.#options));
    const logits = await checker.run(ids, this.length, signal);
    this.#ids.push(...ids);
    return logits;
  }

  #assertFits(fresh: number): void {
    const end = this.length + fresh;
    if (end <= this.maxLength) return;
    throw new UserError('arguments/invalid', `${end} tokens do not fit the context of ${this.maxLength}`);
  }

  async #extendByOne(id: number, signal?: AbortSignal): Promise<Tensor> {
    // A stop before the step leaves everything as it was.
    this.#prepare(this.#one, [id], [0]);
    await this.#pace.run(this.#binding, this.#session, 1, signal);
    this.#grow([id]);
    return this.#one.logits;
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#ids.length;
  }

  #prepare(step: StepTensors, ids: ArrayLike<number>, rows: ArrayLike<number>, binding = this.#binding): void {
    const tokens = step.ids.data as BigInt64Array;
    const positions = step.positions.data as BigInt64Array;
    for (let i = 0; i < ids.length; i++) {
      tokens[i] = BigInt(ids[i]);
      positions[i] = BigInt(this.length + i);
    }
    (step.rows.data as BigInt64Array).set(Array.from(rows, BigInt));
    this.#total[0] = this.length + ids.length;
    this.#last[0] = this.#total[0] - 1;
    binding.input('input_ids', step.ids).input('rows', step.rows).output('logits', step.logits);
    if (this.#session.inputs.includes('position_ids')) binding.input('position_ids', step.positions);
  }

  #grow(ids: readonly number[], binding = this.#binding): void {
    const rows = binding === this.#reading?.binding && givesRows(this.#options);
    if (this.implementation === 'javascript' || rows) this.#seen.append(binding.outputs(), this.length);
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
    return [...(this.#reading?.session.operatorTimes() ?? []), ...this.#session.operatorTimes()];
  }

  dispose(): void {
    void this.#checker.current().then((checker) => checker?.dispose());
    this.#reading?.binding.dispose();
    this.#reading?.session.dispose();
    this.#binding.dispose();
    if (this.#cache instanceof DeviceCache) this.#cache.release();
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
