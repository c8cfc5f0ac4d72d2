/** What is left of a model's distribution over the next token by temperature, top-k, top-p and min-p. */
import { argmax } from './argmax.ts';

export interface Filters {
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
}

/** Candidates lighter than this beside the best are looked at only where the heavier ones do not settle the filters. */
const HEAVY = [1e-3, 1e-5, 0];

export class Distribution {
  readonly #ids: Int32Array;
  /** Of each id, beside the first or likeliest, which weighs 1. */
  readonly #weights: Float64Array;
  readonly #total: number;

  constructor(ids: Int32Array, weights: Float64Array) {
    this.#ids = ids;
    this.#weights = weights;
    this.#total = weights.reduce((sum, w) => sum + w, 0);
  }

  /** @param logits float32 [vocabulary] */
  static of(logits: Float32Array, filters: Filters): Distribution {
    const { temperature, topK = 0, topP = 1, minP = 0 } = filters;
    const best = logits[argmax(logits)];
    // Nothing this far below the best is ever drawn: e^-30 of it.
    const floor = best - 30 * temperature;
    const ids = new Int32Array(logits.length);
    const weights = new Float64Array(logits.length);
    let count = 0;
    for (let id = 0; id < logits.length; id++) {
      if (logits[id] < floor) continue;
      ids[count] = id;
      weights[count++] = Math.exp((logits[id] - best) / temperature);
    }
    const all = new Distribution(ids.subarray(0, count), weights.subarray(0, count));
    return topK === 0 && topP === 1 && minP === 0 ? all : all.#filtered(topK, topP, minP);
  }

  #filtered(topK: number, topP: number, minP: number): Distribution {
    for (const heavy of HEAVY) {
      // Equal weights keep the order of their ids, so a seed gives the same text everywhere.
      const order = [...this.#weights.keys()]
        .filter((i) => this.#weights[i] >= heavy)
        .sort((a, b) => this.#weights[b] - this.#weights[a] || a - b);
      const most = topK > 0 ? topK : order.length;
      // The share that top-p is of is what top-k leaves over.
      const settled = heavy === 0 || minP >= heavy || (topK > 0 && order.length >= topK);
      const whole =
        topK > 0 && settled ? order.slice(0, most).reduce((sum, i) => sum + this.#weights[i], 0) : this.#total;
      let kept = 0;
      let count = 0;
      while (count < Math.min(most, order.length) && (count === 0 || kept < topP * whole)) {
        kept += this.#weights[order[count++]];
      }
      if (!settled && (count === order.length || topK > 0)) continue;
      // What min-p leaves over of the nucleus is drawn from, as transformers' chain of filters does.
      while (count > 1 && this.#weights[order[count - 1]] < minP) count -= 1;
      const chosen = order.slice(0, count);
      return new Distribution(
        Int32Array.from(chosen, (i) => this.#ids[i]),
        Float64Array.from(chosen, (i) => this.#weights[i]),
      );
    }
    throw new Error('the last of the bounds takes all');
  }

  probability(id: number): number {
    const place = this.#ids.indexOf(id);
    return place < 0 ? 0 : this.#weights[place] / this.#total;
  }

  /** @param fraction at random, at least 0 and below 1 */
  draw(fraction: number): number {
    let point = fraction * this.#total;
    let last = 0;
    for (let i = 0; i < this.#ids.length; i++) {
      if (this.#weights[i] === 0) continue;
      last = this.#ids[i];
      point -= this.#weights[i];
      if (point < 0) break;
    }
    return last;
  }

  /** What is left where another distribution gives less: max(0, p - q), or this one where nothing is left. */
  minus(other: (id: number) => number): Distribution {
    const rest = this.#weights.map((w, i) => Math.max(0, w / this.#total - other(this.#ids[i])));
    return rest.some((w) => w > 0) ? new Distribution(this.#ids, rest) : this;
  }
}
