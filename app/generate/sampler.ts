/** Chooses the next token from logits: greedily, or drawn from what temperature, top-k, top-p and min-p leave over. */
import { Random } from '../datasets/index.ts';
import { argmax } from './argmax.ts';
import { Distribution } from './distribution.ts';

export interface SamplingOptions {
  /** 0 (default): the likeliest token, always. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; 0: all. */
  readonly topK?: number;
  /** The likeliest tokens that together hold this probability (nucleus sampling, Holtzman et al. 2020). */
  readonly topP?: number;
  /** Only tokens at least this fraction as likely as the likeliest (Nguyen et al. 2024). */
  readonly minP?: number;
  /** Logits of tokens already there are divided (positive) or multiplied (negative) by it (Keskar et al. 2019). */
  readonly repetitionPenalty?: number;
  /** Taken from the logit of a token for each time it was chosen. */
  readonly frequencyPenalty?: number;
  /** Taken once from the logit of a token that was chosen before. */
  readonly presencePenalty?: number;
  /** Added to the logits of these tokens. */
  readonly logitBias?: ReadonlyMap<number, number>;
  readonly seed?: number;
}

export class Sampler {
  readonly #options: SamplingOptions;
  readonly #random: Random;
  readonly #seen = new Set<number>();
  /** How often each token was chosen, where that matters. */
  readonly #chosen = new Map<number, number>();

  constructor(options: SamplingOptions, prompt: Iterable<number> = []) {
    this.#options = options;
    this.#random = new Random(options.seed ?? 0);
    for (const id of prompt) this.#seen.add(id);
  }

  /** @param logits float32 [vocabulary]; changed where a penalty or bias applies */
  pick(logits: Float32Array): number {
    this.#adjust(logits);
    return this.#note(this.#greedy ? argmax(logits) : this.draw(this.distribution(logits)));
  }

  /**
   * Whether a drafted token may stay: as often as keeps the distribution of what is drawn (Leviathan et al. 2023,
   * algorithm 1).
   * @param logits as for `pick`
   * @param proposed how likely each id was to be drafted; absent: only this one could be
   * @returns the draft where it is accepted, else the token in its place
   */
  judge(logits: Float32Array, draft: number, proposed: (id: number) => number = (id) => Number(id === draft)): number {
    this.#adjust(logits);
    if (this.#greedy) return this.#note(argmax(logits));
    const chances = this.distribution(logits);
    if (this.#random.fraction() * proposed(draft) < chances.probability(draft)) return this.#note(draft);
    return this.#note(chances.minus(proposed).draw(this.#random.fraction()));
  }

  get #greedy(): boolean {
    return (this.#options.temperature ?? 0) === 0;
  }

  #note(id: number): number {
    this.#seen.add(id);
    const { frequencyPenalty = 0, presencePenalty = 0 } = this.#options;
    if (frequencyPenalty !== 0 || presencePenalty !== 0) this.#chosen.set(id, (this.#chosen.get(id) ?? 0) + 1);
    return id;
  }

  /** Applies penalties and bias, in place. */
  #adjust(logits: Float32Array): void {
    const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0, logitBias } = this.#options;
    if (repetitionPenalty !== 1) {
      for (const id of this.#seen) logits[id] *= logits[id] > 0 ? 1 / repetitionPenalty : repetitionPenalty;
    }
    for (const [id, count] of this.#chosen) logits[id] -= frequencyPenalty * count + presencePenalty;
    for (const [id, bias] of logitBias ?? []) if (id < logits.length) logits[id] += bias;
  }

  /** What a token is drawn from, where there is a temperature. */
  distribution(logits: Float32Array): Distribution {
    return Distribution.of(logits, { ...this.#options, temperature: this.#options.temperature ?? 0 });
  }

  draw(from: Distribution): number {
    return from.draw(this.#random.fraction());
  }
}
