/** Ways of answering a token, what each costs by the weights it reads, and what windows of text lose by it. */
import { mean } from '../../evaluate/statistics.ts';
import type { StepThresholds } from '../../generate/adaptive-decoder.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import type { DecoderConfig } from '../../models/architectures/architecture.ts';
import { type Harm, sequenceOf } from './candidates.ts';
import type { Answers, ExitAnswers, TokenTable } from './decoder-table.ts';
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

/** What a further row costs in a run, as a share of what reading the weights for one costs (measured on two threads). */
const FURTHER_ROW = 0.16;

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

/** Where the exit is asked: an exit that is never taken need not be. */
const asks = (table: TokenTable, { layer, exit, gate }: TokenPolicy, t: number): boolean =>
  exit < NEVER && (gate === undefined || table.exits.get(layer)!.gate[t] > gate);

export function decide(table: TokenTable, policy: TokenPolicy): Uint8Array {
  const { layer, exit, shortlist } = policy;
  const sure = table.exits.get(layer)!.confidence;
  return Uint8Array.from(table.full, (_, t) =>
    sure[t] > exit && asks(table, policy, t) ? 0 : table.shortlist.confidence[t] > shortlist ? 1 : 2,
  );
}

/** Mean share of the whole model's weights that a token reads; catching up counts as a further row of a later run. */
export function costOf(
  table: TokenTable,
  decisions: ArrayLike<number>,
  policy: TokenPolicy,
  { layers, block, head, list, map }: Costs,
): number {
  const upper = (layers - policy.layer) * block;
  const listed = policy.shortlist < NEVER ? list : 0;
  const perToken = Array.from(decisions, (d, t) => {
    const look = asks(table, policy, t) ? map + list : 0;
    const above = d === 0 ? FURTHER_ROW * upper : upper + listed + (d === 2 ? head : 0);
    return policy.layer * block + look + above;
  });
  return mean(perToken) / (layers * block + head);
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
/** Share of the exits that a gate may keep from being taken. */
const KEPT_OUT = [0.05, 0.2];

export interface Proposals {
  /** All layers for every token, the short list first. */
  readonly listOnly: readonly DecoderCandidate[];
  readonly exits: readonly DecoderCandidate[];
  /** Without the short list after all layers. */
  readonly exitsAlone: readonly DecoderCandidate[];
}

/** From careful to fast: those that no other is both cheaper and better than, on rows that nothing is proved with. */
export function proposePolicies(table: TokenTable, costs: Costs, metric: Metric): Proposals {
  const lists = thresholdsOf(table.shortlist.confidence);
  const layers = [...table.exits.keys()];
  const weigh = (policy: TokenPolicy): DecoderCandidate => {
    const decisions = decide(table, policy);
    const losses = windowLosses(table, decisions, policy.layer, metric);
    const harm = mean(losses.map((loss) => Math.max(0, loss)));
    return { ...policy, cost: costOf(table, decisions, policy, costs), loss: mean(losses), harm };
  };
  const inOrder = (policies: readonly TokenPolicy[]) =>
    sequenceOf(
      policies.map(weigh).filter(({ cost }) => cost < 1),
      ({ cost }) => cost,
    );
  const alone = layers.flatMap((layer) =>
    thresholdsOf(table.exits.get(layer)!.confidence)
      .filter((exit) => exit < NEVER)
      .flatMap((exit) =>
        gatesOf(table.exits.get(layer)!, exit).map((gate) => ({ layer, exit, gate, shortlist: NEVER })),
      ),
  );
  const exits = alone.flatMap((policy) => lists.map((shortlist) => ({ ...policy, shortlist })));
  const listOnly = lists.map((shortlist) => ({ layer: layers.at(-1)!, exit: NEVER, shortlist }));
  return { listOnly: inOrder(listOnly), exits: inOrder(exits), exitsAlone: inOrder(alone) };
}

/** No gate, and those that keep so many of the exits from being taken. */
function gatesOf({ confidence, gate }: ExitAnswers, exit: number): (number | undefined)[] {
  const taken = gate.filter((_, t) => confidence[t] > exit).sort();
  return [undefined, ...(taken.length > 20 ? KEPT_OUT.map((share) => taken[Math.floor(share * taken.length)]) : [])];
}

/** Thresholds that let so many shares of the tokens through. */
function thresholdsOf(confidence: Float32Array): number[] {
  const sorted = Float32Array.from(confidence).sort().reverse();
  const found = SHARES.map((share) =>
    share === 0 ? NEVER : share === 1 ? -1 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))],
  );
  return [...new Set(found)];
}
