/**
 * A model that extends several sequences at once. Each has a lane of the cache; a step adds one token to every lane of a
 * block that begins with the first, and longer pieces are read lane by lane. A step reads the weights once for all its
 * rows, and each row comes out as it would alone, bit for bit where products do (see row-agreement.ts).
 */
import { UserError } from '../../contract/errors.ts';
import { STEPS } from '../../models/graphs/stepwise-attention.ts';
import type { StoredModel } from '../../models/stored.ts';
import { OpenedOnce } from '../../runtime/opened-once.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import { Checker } from '../checker.ts';
import {
  type DecoderOptions,
  holdsCache,
  isPrompt,
  mustBeCompared,
  openDecodingSession,
  openPromptSession,
  sequenceLimit,
} from '../decoding-session.ts';
import { DeviceCache } from '../device-cache.ts';
import { assertAgrees } from '../device-check.ts';
import { checksExactly, roundsSteps, scalesTogether } from '../exactness.ts';
import { KeyValueCache } from '../key-value-cache.ts';
import { Pace } from '../pace.ts';
import { spreadIds } from '../spread-ids.ts';
import { type StepTensors, stepTensors } from './step-tensors.ts';

export interface BatchDecoderOptions extends Omit<DecoderOptions, 'cacheType'> {
  readonly lanes: number;
}

/** Tokens of the longer of two sequences that are compared. */
const LONGER = 10;
/** Share of the largest logit by which they may differ. */
const LANES_APART = 1e-3;

export class BatchDecoder {
  readonly model: StoredModel;
  readonly maxLength: number;
  readonly lanes: number;
  readonly #session: Session;
  readonly #reading: Binding;
  /** Reads prompts, where that is not done as steps are. */
  readonly #prompts: { readonly session: Session; readonly binding: Binding } | undefined;
  readonly #stepping: Binding;
  readonly #cache: KeyValueCache | DeviceCache;
  /** Tokens that each lane holds at the most. */
  readonly #filled: number[];
  readonly #steps = new Map<number, StepTensors>();
  /** Rows are scaled together, so that their company would change them: they are run one by one. */
  readonly #oneByOne: boolean;
  readonly #pace = new Pace();
  readonly #options: BatchDecoderOptions;
  readonly #checker = new OpenedOnce<Checker>();
  readonly #exact = new OpenedOnce<boolean>();

  private constructor(
    model: StoredModel,
    session: Session,
    prompts: Session | undefined,
    maxLength: number,
    options: BatchDecoderOptions,
    cache: KeyValueCache | DeviceCache,
  ) {
    const { lanes } = options;
    this.#options = options;
    this.model = model;
    this.maxLength = maxLength;
    this.lanes = lanes;
    this.#filled = new Array<number>(lanes).fill(0);
    this.#session = session;
    this.#reading = session.bind();
    this.#prompts = prompts && { session: prompts, binding: prompts.bind() };
    this.#stepping = session.bind();
    this.#cache = cache;
    this.#oneByOne = scalesTogether(model) || session.implementation === 'javascript';
  }

  /** @throws UserError runtime/failed, device/differs, device/unavailable */
  static async open(model: StoredModel, options: BatchDecoderOptions): Promise<BatchDecoder> {
    if (mustBeCompared(options)) await assertAgrees(model, options);
    const maxLength = sequenceLimit(model, options.maxLength);
    const prompts = await openPromptSession(model, { ...options, maxLength });
    const session = await openDecodingSession(model, { ...options, maxLength });
    const { lanes } = options;
    const cache = holdsCache(options)
      ? DeviceCache.on(session, model, maxLength, lanes)
      : new KeyValueCache(model, maxLength, { lanes });
    const decoder = new BatchDecoder(model, session, prompts, maxLength, options, cache);
    if (!mustBeCompared(options) || lanes === 1 || maxLength < LONGER) return decoder;
    try {
      await decoder.#assertLanesAgree();
      return decoder;
    } catch (error) {
      decoder.dispose();
      throw error;
    }
  }

  /** What was compared with the processor is one sequence: two that step together are compared with each by itself. */
  async #assertLanesAgree(): Promise<void> {
    const ids = spreadIds(LONGER, this.model.config.vocabulary);
    const lengths = [5, LONGER - 1];
    for (const [lane, length] of lengths.entries()) await this.read(lane, 0, ids.slice(0, length), false);
    const together = Float32Array.from(await this.step(ids.slice(0, 2), lengths));
    for (const [lane, length] of lengths.entries()) {
      const alone = (await this.read(lane, length, [ids[lane]], true)) as Float32Array;
      const most = alone.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
      const apart = alone.map((v, i) => v - together[lane * alone.length + i]);
      if (apart.every((v) => Math.abs(v) <= LANES_APART * most)) continue;
      const text = `on ${this.#session.device} a sequence that steps beside another is answered in another way than by itself`;
      throw new UserError('device/differs', text);
    }
  }

  /**
   * Reads tokens of one sequence from position `begin` on; what stood there is overwritten.
   * @returns logits after the last, float32 [vocabulary], where they are wanted
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async read(lane: number, begin: number, ids: readonly number[], wanted: boolean): Promise<Float32Array | undefined> {
    return this.#read(lane, begin, ids, wanted ? [ids.length - 1] : []);
  }

  async #read(
    lane: number,
    begin: number,
    ids: readonly number[],
    rows: readonly number[],
  ): Promise<Float32Array | undefined> {
    this.#assertFits(begin + ids.length);
    const step = stepTensors(1, ids.length, rows.length, this.model.config.vocabulary);
    step.set(0, begin, ids);
    step.wanted.set(rows.map(BigInt));
    await this.#run(this.#bindingFor(ids), step, lane, ids.length);
    this.#filled[lane] = begin + ids.length;
    return rows.length > 0 ? (step.logits.data as Float32Array) : undefined;
  }

  /** Whether several sequences can be read at once. */
  get readsTogether(): boolean {
    return !this.#oneByOne && this.#cache instanceof KeyValueCache;
  }

  /**
   * Sequences in neighbouring lanes from their beginnings, either all long enough for a prompt or none; each comes out
   * as by itself. Shorter ones are filled up: what that writes lies behind them, where their next tokens go.
   * @param first lane of the first sequence
   * @returns logits after the last token of each, float32 [sequences, vocabulary]
   * @throws UserError arguments/invalid when a sequence would be longer than `maxLength`
   */
  async readTogether(first: number, sequences: readonly (readonly number[])[]): Promise<Float32Array> {
    const length = Math.max(...sequences.map((ids) => ids.length));
    this.#assertFits(length);
    const step = stepTensors(sequences.length, length, sequences.length, this.model.config.vocabulary);
    for (const [row, ids] of sequences.entries()) {
      step.set(row, 0, [...ids, ...new Array<number>(length - ids.length).fill(ids[ids.length - 1])]);
      step.wanted[row] = BigInt(row * length + ids.length - 1);
      this.#filled[first + row] = ids.length;
    }
    await this.#run(this.#bindingFor(sequences[0]), step, first, sequences.length * length);
    return step.logits.data as Float32Array;
  }

  #bindingFor(ids: readonly number[]): Binding {
    return (isPrompt(ids) && this.#prompts?.binding) || this.#reading;
  }

  /** Whether `check` can keep its promise for this model. @throws UserError runtime/failed */
  checksExactly(): Promise<boolean> {
    return this.#exact.get(() => checksExactly(this.model, this.#session));
  }

  /** Tokens that can be checked at once. */
  get mostChecked(): number {
    return STEPS;
  }

  /**
   * At most `mostChecked` tokens of the first lane, each of which gets the logits it would get in a step of its own. Models
   * that round their activations open a second session for it.
   * @returns logits, float32 [ids, vocabulary]; overwritten by the next check
   */
  async check(begin: number, ids: readonly number[]): Promise<Float32Array> {
    if (!roundsSteps(this.model)) return (await this.#read(0, begin, ids, [...ids.keys()])) as Float32Array;
    this.#assertFits(begin + ids.length);
    const checker = await this.#checker.get(() => Checker.open(this.model, this.#seen, this.#options));
    return (await checker.run(ids, begin)).data as Float32Array;
  }

  /**
   * One more token for each of the first lanes.
   * @param ids one a lane; @param positions how many tokens each lane holds
   * @returns logits, float32 [lanes, vocabulary]; overwritten by the next step
   * @throws UserError arguments/invalid when a sequence would be longer than `maxLength`
   */
  async step(ids: readonly number[], positions: readonly number[]): Promise<Float32Array> {
    this.#assertFits(Math.max(...positions) + 1);
    const { vocabulary } = this.model.config;
    if (this.#oneByOne && ids.length > 1) {
      const logits = new Float32Array(ids.length * vocabulary);
      for (const [row, id] of ids.entries()) {
        logits.set((await this.read(row, positions[row], [id], true)) as Float32Array, row * vocabulary);
      }
      return logits;
    }
    if (this.#cache instanceof DeviceCache && ids.length > 1) return this.#stepAll(this.#cache, ids, positions);
    let step = this.#steps.get(ids.length);
    if (!step) {
      step = stepTensors(ids.length, 1, ids.length, vocabulary);
      for (let row = 0; row < ids.length; row++) step.wanted[row] = BigInt(row);
      this.#steps.set(ids.length, step);
    }
    for (const [row, id] of ids.entries()) step.set(row, positions[row], [id]);
    await this.#run(this.#stepping, step, 0, ids.length);
    return step.logits.data as Float32Array;
  }

  /**
   * All lanes of a device step, whether they are wanted or not: so none has to be moved. Those that are not write behind what
   * they hold, at the most where the last token of a sequence would be, which is never taken over (see lanes.ts).
   */
  async #stepAll(cache: DeviceCache, ids: readonly number[], positions: readonly number[]): Promise<Float32Array> {
    let step = this.#steps.get(ids.length);
    if (!step) {
      step = stepTensors(this.lanes, 1, ids.length, this.model.config.vocabulary);
      this.#steps.set(ids.length, step);
    }
    for (let lane = 0; lane < this.lanes; lane++) {
      const place = cache.place(lane);
      if (lane < ids.length) step.wanted[lane] = BigInt(place);
      const idle = Math.min(this.#filled[lane], this.maxLength - 1);
      step.set(place, positions[lane] ?? idle, [ids[lane] ?? 0]);
    }
    await this.#run(this.#stepping, step, 0, ids.length);
    for (const [lane, position] of positions.entries()) this.#filled[lane] = position + 1;
    return step.logits.data as Float32Array;
  }

  /** The cache where it is not on a device. */
  get #seen(): KeyValueCache {
    if (this.#cache instanceof DeviceCache) throw new Error('the cache stays on the device');
    return this.#cache;
  }

  #assertFits(length: number): void {
    if (length <= this.maxLength) return;
    throw new UserError('arguments/invalid', `${length} tokens do not fit the context of ${this.maxLength}`);
  }

  async #run(binding: Binding, step: StepTensors, lane: number, rows: number): Promise<void> {
    const direct = this.#session.implementation === 'direct';
    for (const [name, value] of Object.entries(step.inputs)) {
      if (this.#session.inputs.includes(name)) binding.input(name, value);
    }
    binding.output('logits', step.logits);
    if (this.#cache instanceof DeviceCache)
      await (step.batch === 1 ? this.#cache.bindOne(binding, lane) : this.#cache.bindAll(binding));
    else if (direct) this.#cache.bindInPlace(binding, lane, step.batch);
    else this.#seen.bindFresh(binding, lane);
    await this.#pace.run(binding, this.#session, rows);
    if (!direct) this.#seen.append(binding.outputs(), step.begin(0), lane);
  }

  /** Copies the first `length` tokens of a lane into another. */
  copy(from: number, to: number, length: number): void {
    this.#cache.copy(from, to, length);
    this.#filled[to] = length;
  }

  /** Exchanges what two lanes hold, of which `length` tokens count. */
  swap(one: number, other: number, length: number): void {
    this.#cache.swap(one, other, length);
    const filled = this.#filled;
    [filled[one], filled[other]] = [filled[other], filled[one]];
  }

  dispose(): void {
    void this.#checker.current().then((checker) => checker?.dispose());
    this.#prompts?.binding.dispose();
    this.#prompts?.session.dispose();
    this.#reading.dispose();
    this.#stepping.dispose();
    if (this.#cache instanceof DeviceCache) this.#cache.release();
    this.#session.dispose();
  }
}
