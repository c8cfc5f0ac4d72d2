/** Adds a few tokens to a sequence at once, each bit for bit as a step of its own would: for checking drafts. */
import { buildCheckingGraph } from '../models/graphs/decoding-graph.ts';
import { STEPS } from '../models/graphs/stepwise-attention.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding, Session } from '../runtime/session.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import type { DecoderOptions } from './decoding-session.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { openGraph } from './open-graph.ts';
import { Pace } from './pace.ts';

export class Checker {
  readonly #model: StoredModel;
  readonly #cache: KeyValueCache;
  readonly #session: Session;
  readonly #pace = new Pace();
  /** By how many tokens are checked. */
  readonly #runs = new Map<number, CheckingRun>();

  private constructor(model: StoredModel, cache: KeyValueCache, session: Session) {
    this.#model = model;
    this.#cache = cache;
    this.#session = session;
  }

  /**
   * A second session over the same weights.
   * @param cache of the sequence, in place
   * @throws UserError runtime/failed
   */
  static async open(model: StoredModel, cache: KeyValueCache, options: DecoderOptions): Promise<Checker> {
    const graph = buildCheckingGraph(model, { ...model, maxLength: cache.capacity, cacheType: cache.type });
    return new Checker(model, cache, await openGraph(graph, options));
  }

  /**
   * @param ids at most `STEPS`; @param begin position of the first
   * @returns logits after each, float32 [ids, vocabulary]; overwritten by the next check of as many
   */
  async run(ids: readonly number[], begin: number, signal?: AbortSignal): Promise<Tensor> {
    let run = this.#runs.get(ids.length);
    if (!run) {
      run = new CheckingRun(this.#session, this.#cache, ids.length, this.#model.config.vocabulary);
      this.#runs.set(ids.length, run);
    }
    run.set(ids, begin);
    await this.#pace.run(run.binding, this.#session, ids.length, signal);
    return run.logits;
  }

  dispose(): void {
    for (const { binding } of this.#runs.values()) binding.dispose();
    this.#session.dispose();
  }
}

/** What a check of so many tokens is bound to, which is made once: only numbers change from one to the next. */
class CheckingRun {
  readonly binding: Binding;
  readonly logits: Tensor;
  readonly #ids: BigInt64Array;
  readonly #positions: BigInt64Array;
  readonly #last = new Int32Array(STEPS);
  readonly #total = new Int32Array(1);

  /** The first `count` places are bound to the sequence's cache; the others to one that nobody reads. */
  constructor(session: Session, cache: KeyValueCache, count: number, vocabulary: number) {
    this.binding = session.bind();
    this.logits = zeros('float32', [count, vocabulary]);
    this.#ids = new BigInt64Array(count);
    this.#positions = new BigInt64Array(count);
    cache.bindScales(this.binding);
    for (let step = 0; step < count; step++) cache.bindStep(this.binding, step);
    for (let step = count; step < STEPS; step++) cache.bindIdleStep(this.binding, step);
    const places = BigInt64Array.from({ length: count }, (_, step) => BigInt(step));
    const tokens = BigInt64Array.from({ length: STEPS }, (_, step) => BigInt(Math.min(step, count - 1)));
    const inputs: Record<string, Tensor> = {
      input_ids: tensor('int64', [1, count], this.#ids),
      position_ids: tensor('int64', [1, count], this.#positions),
      rows: tensor('int64', [count], places),
      step_tokens: tensor('int64', [STEPS], tokens),
      step_places: tensor('int64', [count], places),
      step_last: tensor('int32', [STEPS], this.#last),
      total_length: tensor('int32', [], this.#total),
    };
    for (const [name, value] of Object.entries(inputs)) {
      if (session.inputs.includes(name)) this.binding.input(name, value);
    }
    this.binding.output('logits', this.logits);
  }

  /** @param ids as many as there are places in use */
  set(ids: readonly number[], begin: number): void {
    for (const [step, id] of ids.entries()) {
      this.#ids[step] = BigInt(id);
      this.#positions[step] = BigInt(begin + step);
      this.#last[step] = begin + step;
    }
    this.#total[0] = begin + ids.length;
  }
}
