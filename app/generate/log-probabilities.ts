/** How likely the model thinks tokens are: natural logarithms of the softmax of its logits. */

export interface TokenProbability {
  readonly id: number;
  readonly logProbability: number;
}

export interface LogProbabilities extends TokenProbability {
  /** The likeliest tokens, best first. */
  readonly top: readonly TokenProbability[];
}

/** ln of the sum of e^logit of one row of logits, in doubles. */
export function logSumExp(logits: Float32Array, begin = 0, width = logits.length): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = begin; i < begin + width; i++) if (logits[i] > most) most = logits[i];
  let sum = 0;
  for (let i = begin; i < begin + width; i++) sum += Math.exp(logits[i] - most);
  return most + Math.log(sum);
}

/** Two rows of logits compared. */
export interface RowsApart {
  /** Kullback-Leibler divergence of the second's softmax from the first's, nats. */
  readonly divergence: number;
  /** Whether the likeliest is the same. */
  readonly same: boolean;
}

/** @param p reference; both rows begin at `begin` and have `width` logits */
export function compareRows(p: Float32Array, q: Float32Array, begin: number, width: number): RowsApart {
  const pSum = logSumExp(p, begin, width);
  const qSum = logSumExp(q, begin, width);
  let divergence = 0;
  let pTop = begin;
  let qTop = begin;
  for (let i = begin; i < begin + width; i++) {
    const logP = p[i] - pSum;
    divergence += Math.exp(logP) * (logP - (q[i] - qSum));
    if (p[i] > p[pTop]) pTop = i;
    if (q[i] > q[qTop]) qTop = i;
  }
  return { divergence: Math.max(0, divergence), same: pTop === qTop };
}

/** @param count how many of the likeliest; equal ones in the order of their ids */
export function logProbabilities(logits: Float32Array, id: number, count: number): LogProbabilities {
  const total = logSumExp(logits);
  return {
    id,
    logProbability: logits[id] - total,
    top: likeliest(logits, count).map((one) => ({ id: one, logProbability: logits[one] - total })),
  };
}

function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  for (let id = 0; id < logits.length; id++) {
    if (best.length === count && logits[id] <= logits[best[count - 1]]) continue;
    let place = Math.min(best.length, count - 1);
    while (place > 0 && logits[best[place - 1]] < logits[id]) place -= 1;
    best.splice(place, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
