/** An answer while it is said: its text, whether it is over, and how likely it is to the model that says it. */
import type { Tokenizer } from '../models/tokenizer.ts';
import { TextStream } from './text-stream.ts';

export interface SpeechLimits {
  readonly maxTokens: number;
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
}

export class Speech {
  readonly ids: number[] = [];
  readonly #ends: ReadonlySet<number>;
  readonly #most: number;
  readonly #stream: TextStream;
  #sum = 0;
  #count = 0;
  #ended = false;

  constructor(tokenizer: Tokenizer, { maxTokens, stop }: SpeechLimits) {
    this.#ends = new Set(tokenizer.stopIds);
    this.#most = maxTokens;
    this.#stream = new TextStream(tokenizer, stop);
  }

  /** @param logProbability natural logarithm @returns whether more may follow */
  add(id: number, logProbability: number): boolean {
    this.#sum += logProbability;
    this.#count += 1;
    if (this.#ends.has(id)) this.#ended = true;
    else {
      this.ids.push(id);
      this.#stream.push(id);
      this.#ended = this.#stream.stopped;
    }
    return !this.#ended && this.ids.length < this.#most;
  }

  /** Ended by itself or by a stop text, not for want of room. */
  get ended(): boolean {
    return this.#ended;
  }

  /** 0 to 1: the geometric mean of the tokens' probabilities, that of the token that ends the answer counted too. */
  get confidence(): number {
    return Math.exp(this.#sum / Math.max(1, this.#count));
  }

  /** The whole of it. */
  finish(): string {
    this.#stream.finish();
    return this.#stream.text;
  }
}
