/** Ways of answering a token, what each costs by the weights it reads, and what windows of text lose by it. */
import { mean } from '../../evaluate/statistics.ts';
import type { StepThresholds } from '../../generate/adaptive-decoder.ts';
import type { DecoderConfig } from '../../models/architectures/architecture.ts';
import { type Harm, sequenceOf } from './candidates.ts';
import type { Answers, TokenTable } from './decoder-table.ts';
import { NEVER } from './policy.ts';
import type { Metric } from './promise.ts';

export interface TokenPolicy extends StepThresholds {
  /** Layer of the exit. */
  readonly layer: number;
}

export interface Costs {
  readonly layers: number;
  /** Weights of one layer, of the whole head, of the short list's, and of an exit's map. */
  readonly block: number;
  readonly head: number;
  readonly list: number;
  readonly map: number;
}

export function costsOf(config: DecoderConfig, parameters: number, tokens: number, tied: boolean): Costs {
  const { vocabulary, width, layers } = config;
  const tables = vocabulary * width * (tied ? 1 : 2);
  return {
    layers,
    block: (parameters - tables) / layers,
    head: vocabulary * width,
    list: tokens * width,
    map: width * width,
  };
}

/** 0: from the exit, 1: from the short list, 2: from the whole head. */
export type Decision = 0 | 1 | 2;

export function decide(table: TokenTable, { layer, exit, shortlist }: TokenPolicy): Uint8Array {
  const sure = table.exits.get(layer)!.confidence;
  return Uint8Array.from(table.full, (_, t) =>
    sure[t] > exit ? 0 : table.shortlist.confidence[t] > shortlist ? 1 : 2,
  );
}

/** Mean share of the whole model's weights that a token reads. */
export function costOf(decisions: ArrayLike<number>, { layer, exit, shortlist }: TokenPolicy, costs: Costs): number {
  const whole = costs.layers * costs.block + costs.head;
  // An exit that is never taken need not be looked at, nor a list.
  const look = exit < NEVER ? costs.map + costs.list : 0;
  const upper = (costs.layers - layer) * costs.block + (shortlist < NEVER ? costs.list : 0);
  const lower = layer * costs.block + look;
  return mean(Array.from(decisions, (d) => lower + (d === 0 ? 0 : upper) + (d === 2 ? costs.head : 0))) / whole;
}

/** What each window loses, between -1 and 1: the share of tokens that are right, or that are the whole model's. */
export function windowLosses(
  table: TokenTable,
  decisions: ArrayLike<number>,
  layer: number,
  metric: Metric,
): Float32Array {
  const ways: readonly (Answers | Int32Array)[] = [table.exits.get(layer)!.tokens, table.shortlist.tokens, table.full];
  const losses = new Float32Array(table.lengths.length);
  let t = 0;
  table.lengths.forEach((length, window) => {
    let sum = 0;
    let counted = 0;
    for (const end = t + length; t < end; t++) {
      const answer = (ways[decisions[t]] as Int32Array)[t];
      const full = table.full[t];
      if (metric === 'accuracy' && table.next[t] < 0) continue;
      counted += 1;
      sum +=
        metric === 'agreement'
          ? Number(answer !== full)
          : Number(full === table.next[t]) - Number(answer === table.next[t]);
    }
    losses[window] = counted === 0 ? 0 : sum / counted;
  });
  return losses;
}

export interface DecoderCandidate extends TokenPolicy, Harm {
  readonly cost: number;
  readonly loss: number;
}

const SHARES = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1];

/** From careful to fast: those that no other is both cheaper and better than, on rows that nothing is proved with. */
export function proposePolicies(table: TokenTable, costs: Costs, metric: Metric): DecoderCandidate[] {
  const all: DecoderCandidate[] = [];
  for (const layer of table.exits.keys()) {
    for (const exit of thresholdsOf(table.exits.get(layer)!.confidence)) {
      for (const shortlist of thresholdsOf(table.shortlist.confidence)) {
        const policy = { layer, exit, shortlist };
        const decisions = decide(table, policy);
        const losses = windowLosses(table, decisions, layer, metric);
        const harm = mean(losses.map((loss) => Math.max(0, loss)));
        all.push({ ...policy, cost: costOf(decisions, policy, costs), loss: mean(losses), harm });
      }
    }
  }
  return sequenceOf(
    all.filter(({ cost }) => cost < 1),
    ({ cost }) => cost,
  );
}

/** Thresholds that let so many shares of the tokens through. */
function thresholdsOf(confidence: Float32Array): number[] {
  const sorted = Float32Array.from(confidence).sort().reverse();
  const found = SHARES.map((share) =>
    share === 0 ? NEVER : share === 1 ? -1 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))],
  );
  return [...new Set(found)];
}
