/** Chooses how to stop: the fastest way that is proved to keep the promise, and what is found of it on other rows. */
import { mean } from '../../evaluate/statistics.ts';
import { type Candidate, fixedLayer, proposeCandidates } from './candidates.ts';
import { netRowsPValue } from './net-risk.ts';
import { answersAt, type ExitTable, fullAnswers, rowsOf, stoppingLayers } from './policy.ts';
import { binomialPValue, type PValue, testInSequence } from './risk.ts';

export type Metric = 'accuracy' | 'agreement';

/** What a row loses by stopping early: its right answer (or it gains one: -1), or the whole model's answer. */
export function lossesOf(
  table: ExitTable,
  truth: ArrayLike<number>,
  stops: ArrayLike<number>,
  metric: Metric,
): Int8Array {
  const full = fullAnswers(table);
  const early = answersAt(table, stops);
  return Int8Array.from({ length: table.rows }, (_, row) =>
    metric === 'agreement'
      ? Number(early[row] !== full[row])
      : Number(full[row] === truth[row]) - Number(early[row] === truth[row]),
  );
}

export const pValueOf = (metric: Metric): PValue => (metric === 'agreement' ? binomialPValue : netRowsPValue);

export interface Proof {
  readonly thresholds: readonly number[];
  readonly pValue: number;
  /** Mean loss and layers on the rows of the proof. */
  readonly loss: number;
  readonly meanLayers: number;
}

export interface Promised {
  /** Absent where nothing but the whole model keeps the promise. */
  readonly chosen: Proof | undefined;
  readonly tested: number;
  readonly accepted: number;
  /** Every accepted way of stopping, from careful to fast: the places of a dial. */
  readonly dial: readonly Proof[];
  /** The lowest layer at which all rows could stop. */
  readonly fixed: (Proof & { readonly layer: number }) | undefined;
}

export interface PromiseTerms {
  readonly metric: Metric;
  readonly maxLoss: number;
  readonly confidence: number;
}

/** @param candidates from careful to fast, chosen without these rows */
export function prove(
  table: ExitTable,
  truth: ArrayLike<number>,
  candidates: readonly Candidate[],
  { metric, maxLoss, confidence }: PromiseTerms,
): Promised {
  const level = 1 - confidence;
  const test = (thresholds: readonly number[]): Proof => {
    const stops = stoppingLayers(table, thresholds);
    const losses = lossesOf(table, truth, stops, metric);
    return { thresholds, pValue: pValueOf(metric)(losses, maxLoss), loss: mean(losses), meanLayers: mean(stops) };
  };
  const proofs = candidates.map(({ thresholds }) => test(thresholds));
  const accepted = testInSequence(proofs, ({ pValue }) => pValue, level);
  const layers = Array.from({ length: table.layers - 1 }, (_, i) => table.layers - 1 - i);
  const fixed = layers.map((layer) => ({ ...test(fixedLayer(table.layers, layer)), layer }));
  const low = testInSequence(fixed, ({ pValue }) => pValue, level);
  const dial = proofs.slice(0, accepted);
  return { chosen: dial.at(-1), tested: proofs.length, accepted, dial, fixed: fixed[low - 1] };
}

/** Rows of a table, and what is true of them. */
export interface JudgedRows {
  readonly table: ExitTable;
  readonly truth: readonly number[];
}

/**
 * Ways of stopping are chosen on the first rows, proved on those that follow, and the rest is left to check the promise on.
 * @param counts rows of the first two parts
 */
export function promiseInTurn(
  { table, truth }: JudgedRows,
  counts: { readonly tuning: number; readonly calibration: number },
  terms: PromiseTerms,
): { readonly promised: Promised; readonly exits: readonly number[]; readonly test: JudgedRows } {
  const part = (from: number, to: number): JudgedRows => {
    const chosen = Array.from({ length: to - from }, (_, i) => from + i);
    return { table: rowsOf(table, chosen), truth: chosen.map((row) => truth[row]) };
  };
  const proofFrom = counts.tuning;
  const testFrom = proofFrom + counts.calibration;
  const tuning = part(0, proofFrom);
  const { exits, candidates } = proposeCandidates(
    tuning.table,
    (stops) => lossesOf(tuning.table, tuning.truth, stops, terms.metric),
    terms.maxLoss,
  );
  const proof = part(proofFrom, testFrom);
  return { promised: prove(proof.table, proof.truth, candidates, terms), exits, test: part(testFrom, truth.length) };
}
