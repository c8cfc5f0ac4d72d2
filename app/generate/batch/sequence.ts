/** One request inside the batch: what it was asked for, how far it has come, and where its tokens go. */

import type { Drafter } from '../drafter.ts';
import { type LogProbabilities, logProbabilities } from '../log-probabilities.ts';
import { PromptLookup } from '../prompt-lookup.ts';
import { Sampler, type SamplingOptions } from '../sampler.ts';
import type { Occupant } from './lanes.ts';
import { TokenQueue } from './token-queue.ts';

/** Says which tokens may come next (see constrain/). */
export interface Constraint {
  /** Sets the logits of tokens that may not come to minus infinity. */
  restrict(logits: Float32Array): void;
  /** The token that was chosen. */
  accept(id: number): void;
  /** Whether nothing may follow any more. */
  complete(): boolean;
}

export interface BatchRequest extends SamplingOptions {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  /** Ids after which the text ends; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Give the log-probability of each token and of this many of the likeliest. */
  readonly logProbabilities?: number;
  readonly constraint?: Constraint;
  /** Check drafts looked up in the sequence itself: the same tokens, sooner (see speculate.ts). */
  readonly speculate?: boolean;
  readonly signal?: AbortSignal;
}

export interface BatchToken {
  readonly id: number;
  readonly probabilities?: LogProbabilities;
}

export type FinishReason = 'stop' | 'length';

/** What the asker holds. */
export interface BatchRun {
  readonly tokens: AsyncIterable<BatchToken>;
  /** Known after the last token. */
  readonly finishReason: FinishReason | undefined;
  /** Tokens of the prompt that lay in the cache already. */
  readonly cachedTokens: number;
}

export class Sequence implements Occupant, BatchRun {
  readonly request: BatchRequest;
  readonly tokens: TokenQueue<BatchToken>;
  lane = -1;
  cachedTokens = 0;
  finishReason: FinishReason | undefined;
  /** The asker has gone, or everything is said. */
  over = false;
  /** The token that was chosen last and is still to be run. */
  next = -1;
  readonly drafter: Drafter | undefined;
  readonly #sampler: Sampler;
  readonly #stops: ReadonlySet<number>;
  readonly #most: number;
  #count = 0;

  /** @param room tokens that the context has beside the prompt */
  constructor(request: BatchRequest, room: number, onLeave: () => void) {
    this.request = request;
    this.drafter = request.speculate ? new PromptLookup(request.prompt) : undefined;
    this.#sampler = new Sampler(request, request.repetitionPenalty ? request.prompt : []);
    this.#stops = new Set(request.stopIds);
    this.#most = Math.min(request.maxTokens, room);
    this.tokens = new TokenQueue(() => {
      this.over = true;
      onLeave();
    });
  }

  /** Tokens that may still come. */
  get left(): number {
    return this.#most - this.#count;
  }

  /** @param logits float32 [vocabulary]; changed */
  choose(logits: Float32Array): void {
    try {
      this.#choose(logits);
    } catch (error) {
      // Others in the batch go on.
      this.fail(error);
    }
  }

  #choose(logits: Float32Array): void {
    const { logProbabilities: top, constraint } = this.request;
    const raw = top === undefined ? undefined : logits.slice();
    constraint?.restrict(logits);
    const id = this.#sampler.pick(logits);
    if (this.#stops.has(id)) {
      this.#finish('stop');
      return;
    }
    constraint?.accept(id);
    this.next = id;
    this.drafter?.add(id);
    this.#count += 1;
    this.tokens.push({ id, probabilities: raw && logProbabilities(raw, id, top ?? 0) });
    if (constraint?.complete()) this.#finish('stop');
    else if (this.#count >= this.#most) this.#finish('length');
  }

  #finish(reason: FinishReason): void {
    this.finishReason = reason;
    this.over = true;
    this.tokens.finish();
  }

  fail(error: unknown): void {
    this.over = true;
    this.tokens.fail(error);
  }
}
