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
  readonly #binding: Binding;
  readonly #pace = new Pace();
  /** Places that are bound to the sequence's cache; the others to one that nobody reads. */
  #bound = 0;

  private constructor(model: StoredModel, cache: KeyValueCache, session: Session) {
    this.#model = model;
    this.#cache = cache;
    this.#session = session;
    this.#binding = session.bind();
    cache.bindScales(this.#binding);
    for (let step = 0; step < STEPS; step++) cache.bindIdleStep(this.#binding, step);
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
   * @returns logits after each, float32 [ids, vocabulary]
   */
  async run(ids: readonly number[], begin: number, signal?: AbortSignal): Promise<Tensor> {
    const count = ids.length;
    for (; this.#bound < count; this.#bound++) this.#cache.bindStep(this.#binding, this.#bound);
    for (; this.#bound > count; this.#bound--) this.#cache.bindIdleStep(this.#binding, this.#bound - 1);
    const logits = zeros('float32', [count, this.#model.config.vocabulary]);
    const places = Array.from({ length: STEPS }, (_, step) => step);
    const int64 = (shape: readonly number[], values: readonly number[]) =>
      tensor('int64', shape, BigInt64Array.from(values, BigInt));
    const used = places.slice(0, count);
    const positions = used.map((step) => begin + step);
    const inputs: Record<string, Tensor> = {
      input_ids: int64([1, count], ids),
      position_ids: int64([1, count], positions),
      rows: int64([count], used),
      step_tokens: int64(
        [STEPS],
        places.map((step) => Math.min(step, count - 1)),
      ),
      step_places: int64([count], used),
      step_last: tensor(
        'int32',
        [STEPS],
        Int32Array.from(places, (step) => (step < count ? begin + step : 0)),
      ),
      total_length: tensor('int32', [], Int32Array.of(begin + count)),
    };
    for (const [name, value] of Object.entries(inputs)) {
      if (this.#session.inputs.includes(name)) this.#binding.input(name, value);
    }
    this.#binding.output('logits', logits);
    await this.#pace.run(this.#binding, this.#session, count, signal);
    return logits;
  }

  dispose(): void {
    this.#binding.dispose();
    this.#session.dispose();
  }
}
