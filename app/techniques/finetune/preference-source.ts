/** Where steps that learn from preferences get their batches from, with what the reference thinks of the answers. */
import { type EncodedStore, epochOrder, takenOf } from '../../datasets/index.ts';
import { float32 } from '../../tensor/tensor.ts';
import type { Batch } from './batch.ts';
import { makePreferenceBatch } from './preference-batch.ts';
import { risingShare, type StepSource, type StoreSourceOptions } from './source.ts';

/** Log-probabilities of both answers of one pair. */
export interface PairScores {
  readonly chosen: number;
  readonly rejected: number;
}

export interface PreferenceSource extends StepSource {
  /** Pairs of the data set. */
  readonly count: number;
  /** Numbers of the pairs of a step. */
  pairsOf(step: number): readonly number[];
  /** The pairs named, the reference unknown. */
  batchOf(pairs: readonly number[]): Batch;
  /** From now on batches say what the reference gives the answers of a pair. */
  compareWith(scores: ReadonlyMap<number, PairScores>): void;
}

/** @param store chosen answers at even places, each followed by the one that was rejected for it */
export function preferenceSource(
  store: EncodedStore,
  { rows, maxLength, accumulate, seed, shuffle, parts, rising }: Omit<StoreSourceOptions, 'packing'>,
  counts: 'sum' | 'mean',
): PreferenceSource {
  const count = store.count / 2;
  const perStep = rows * accumulate;
  const perEpoch = parts ? takenOf(parts).reduce((a, b) => a + b, 0) : count;
  const stepsPerEpoch = Math.ceil(perEpoch / perStep);
  const lengthOf = (pair: number): number => store.lengthOf(2 * pair) + store.lengthOf(2 * pair + 1);
  let reference: ReadonlyMap<number, PairScores> | undefined;
  let current: { readonly epoch: number; readonly order: Int32Array } | undefined;
  const orderOf = (epoch: number): Int32Array => {
    if (current?.epoch !== epoch) {
      const share = rising && epoch === 0 ? risingShare(rising, () => stepsPerEpoch) : 0;
      const order = epochOrder(count, lengthOf, { seed, epoch, shuffle, parts, rising: share }).examples;
      current = { epoch, order };
    }
    return current.order;
  };
  const pairsOf = (step: number): number[] => {
    const within = step % stepsPerEpoch;
    return [...orderOf(Math.floor(step / stepsPerEpoch)).slice(within * perStep, (within + 1) * perStep)];
  };
  const batchOf = (pairs: readonly number[]): Batch => {
    const rowsOf = (pair: number) => ({ chosen: store.get(2 * pair), rejected: store.get(2 * pair + 1) });
    const batch = makePreferenceBatch(pairs.map(rowsOf), pairs, counts);
    if (counts === 'mean') return batch;
    const column = (side: keyof PairScores) =>
      float32(
        [pairs.length, 1],
        Float32Array.from(pairs, (pair) => reference?.get(pair)?.[side] ?? 0),
      );
    const reference_chosen = column('chosen');
    return { ...batch, inputs: { ...batch.inputs, reference_chosen, reference_rejected: column('rejected') } };
  };
  return {
    count,
    maxLength,
    steps: (epochs) => Math.max(1, Math.round(epochs * stepsPerEpoch)),
    pairsOf,
    batchOf,
    compareWith: (scores) => {
      reference = scores;
    },
    async batches(step) {
      const pairs = pairsOf(step);
      const batches: Batch[] = [];
      for (let from = 0; from < pairs.length; from += rows) batches.push(batchOf(pairs.slice(from, from + rows)));
      return batches;
    },
  };
}
