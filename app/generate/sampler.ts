/** Chooses the next token from logits: greedily, or drawn from what temperature, top-k, top-p and min-p leave over. */
import { Random } from '../datasets/index.ts';

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
  readonly seed?: number;
}

export class Sampler {
  readonly #options: SamplingOptions;
  readonly #random: Random;
  readonly #seen = new Set<number>();

  constructor(options: SamplingOptions, prompt: Iterable<number> = []) {
    this.#options = options;
    this.#random = new Random(options.seed ?? 0);
    for (const id of prompt) this.#seen.add(id);
  }

  /** @param logits float32 [vocabulary]; changed where a repetition penalty applies */
  pick(logits: Float32Array): number {
    const { repetitionPenalty = 1, temperature = 0 } = this.#options;
    if (repetitionPenalty !== 1) {
      for (const id of this.#seen) logits[id] *= logits[id] > 0 ? 1 / repetitionPenalty : repetitionPenalty;
    }
    const id = temperature > 0 ? this.#draw(logits, temperature) : argmax(logits);
    this.#seen.add(id);
    return id;
  }

  #draw(logits: Float32Array, temperature: number): number {
    const { topK = 0, topP = 1, minP = 0 } = this.#options;
    const best = logits[argmax(logits)];
    // Nothing this far below the best is ever drawn: e^-30 of it.
    const floor = best - 30 * temperature;
    let candidates: { readonly id: number; readonly weight: number }[] = [];
    for (let id = 0; id < logits.length; id++) {
      if (logits[id] >= floor) candidates.push({ id, weight: Math.exp((logits[id] - best) / temperature) });
    }
    // Equal weights keep the order of their ids, so a seed gives the same text everywhere.
    candidates.sort((a, b) => b.weight - a.weight || a.id - b.id);
    if (topK > 0) candidates = candidates.slice(0, topK);
    const total = candidates.reduce((sum, c) => sum + c.weight, 0);
    let kept = 0;
    let count = 0;
    // The best weighs 1. What min-p leaves over of the nucleus is drawn from, as transformers' chain of filters does.
    while (count < candidates.length && (count === 0 || kept < topP * total)) kept += candidates[count++].weight;
    while (count > 1 && candidates[count - 1].weight < minP) kept -= candidates[--count].weight;
    let point = this.#random.fraction() * kept;
    for (let i = 0; i < count; i++) {
      point -= candidates[i].weight;
      if (point < 0) return candidates[i].id;
    }
    return candidates[count - 1].id;
  }
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
