/**
 * A decoder that drafts for itself (LayerSkip, Elhoushi et al. 2024): its lower layers run token by token as long as the
 * exit is sure, and the layers above then check all of these at once. What the lower layers computed is not computed again,
 * and every token is the one that the whole model chooses.
 */
import type { Tensor } from '../tensor/tensor.ts';
import type { AdaptiveDecoder } from './adaptive-decoder.ts';
import { type Draft, type Drafter, DraftLength } from './drafter.ts';
import type { Speculating } from './speculate.ts';
import { Trust } from './trust.ts';

export class OwnDrafts implements Speculating, Drafter {
  readonly #decoder: AdaptiveDecoder;
  readonly #trust: Trust;
  /** Of what was drafted last. */
  #confidences: number[] = [];
  readonly #length = new DraftLength();
  /** Tokens that were drafted, and those of them that the whole model chose too. */
  readonly counts = { drafted: 0, right: 0 };
  /** The token that came last, which the decoder does not hold yet. */
  #last = -1;
  /** Tokens at the end of the decoder that have run through the lower layers only. */
  #begun = 0;

  /**
   * @param needed share of the drafts that must be right to go on with them; by default what a draft costs of a token, at most:
   * the layers below the exit
   */
  constructor(decoder: AdaptiveDecoder, needed = decoder.depthOfExit) {
    this.#decoder = decoder;
    this.#trust = new Trust(needed);
  }

  get model(): AdaptiveDecoder['model'] {
    return this.#decoder.model;
  }

  get maxLength(): number {
    return this.#decoder.maxLength;
  }

  /** Tokens that are checked. */
  get length(): number {
    return this.#decoder.length - this.#begun;
  }

  rewind(length: number): void {
    this.#decoder.rewind(length);
    this.#begun = 0;
  }

  add(id: number): void {
    this.#last = id;
  }

  async draft(most: number, signal?: AbortSignal): Promise<Draft> {
    const count = Math.min(most, this.#length.length, this.maxLength - this.#decoder.length);
    const ids: number[] = [];
    this.#confidences = [];
    while (ids.length < count) {
      const { token, confidence } = await this.#decoder.guess(ids.at(-1) ?? this.#last, signal);
      this.#begun += 1;
      if (!this.#trust.follows(confidence)) break;
      ids.push(token);
      this.#confidences.push(confidence);
    }
    return { ids };
  }

  learn(drafted: number, right: number): void {
    this.#length.learn(drafted, right);
    // What follows a wrong one was not judged.
    for (const [i, confidence] of this.#confidences.slice(0, right + 1).entries()) {
      this.#trust.learn(confidence, i < right);
    }
    this.counts.drafted += drafted;
    this.counts.right += right;
  }

  /** @returns logits after the last, float32 [1, vocabulary]; overwritten by the next call */
  extend(ids: readonly number[], _wanted?: undefined, signal?: AbortSignal): Promise<Tensor> {
    return this.#decoder.logits(ids, signal);
  }

  /** @param ids what was drafted, and the token before it @returns as `extend`, after each of them */
  async extendAsSteps(ids: readonly number[], signal?: AbortSignal): Promise<Tensor> {
    const begun = this.#begun;
    this.#begun = 0;
    return this.#decoder.check(ids.slice(begun), ids.length, signal);
  }
}
