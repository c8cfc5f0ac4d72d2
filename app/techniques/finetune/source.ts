/** Where training steps get their batches from: a pre-tokenised file in its order, or an encoded data set, packed or padded. */
import {
  type BatchPlan,
  type EncodedStore,
  type MixedPart,
  planPacked,
  planPadded,
  type TokensFile,
} from '../../datasets/index.ts';
import type { Batch, BatchRow } from './batch.ts';
import { type LabelBatchOptions, makeLabelBatch } from './label-batch.ts';
import { makeUnpaddedBatch } from './unpadded.ts';

/** Any step can be asked for at any time, so a run resumes where it stopped. */
export interface StepSource {
  /** Longest row. */
  readonly maxLength: number;
  /** Steps of `epochs` passes over the data. */
  steps(epochs: number): number;
  /** The micro-batches of a step, counted from 0. */
  batches(step: number): Promise<readonly Batch[]>;
}

export type MakeBatch = (rows: readonly BatchRow[]) => Batch;

/** Consumes the file's batches in order, one a micro-step, and begins again at its end. */
export function tokensSource(file: TokensFile, accumulate: number, make: MakeBatch = makeUnpaddedBatch): StepSource {
  return {
    maxLength: file.length,
    steps: (epochs) => Math.ceil((epochs * file.steps) / accumulate),
    async batches(step) {
      const batches: Batch[] = [];
      for (let i = 0; i < accumulate; i++) {
        batches.push(make(await stepRows(file, (step * accumulate + i) % file.steps)));
      }
      return batches;
    },
  };
}

/** The rows of one step of a file, each an example of its own. */
export async function stepRows(file: TokensFile, step: number): Promise<BatchRow[]> {
  const { ids, labels, attentionMask } = await file.step(step);
  const rowOf = (values: Int32Array, row: number) => values.subarray(row * file.length, (row + 1) * file.length);
  return Array.from({ length: file.batch }, (_, row) => ({
    ids: rowOf(ids, row),
    labels: rowOf(labels, row),
    segments: attentionMask && rowOf(attentionMask, row),
    examples: new Int32Array(file.length).fill(step * file.batch + row),
  }));
}

/** As `tokensSource`, from a file with a label for each row. */
export function labelsSource(file: TokensFile, accumulate: number, options: LabelBatchOptions): StepSource {
  return {
    maxLength: file.length,
    steps: (epochs) => Math.ceil((epochs * file.steps) / accumulate),
    async batches(step) {
      const batches: Batch[] = [];
      for (let i = 0; i < accumulate; i++) {
        const { ids, labels, attentionMask, tokenTypeIds } = await file.step((step * accumulate + i) % file.steps);
        const rowOf = (values: Int32Array, row: number) => values.subarray(row * file.length, (row + 1) * file.length);
        const texts = Array.from({ length: file.batch }, (_, row) => ({
          ids: rowOf(ids, row),
          label: labels[row],
          mask: attentionMask && rowOf(attentionMask, row),
          types: tokenTypeIds && rowOf(tokenTypeIds, row),
        }));
        batches.push(makeLabelBatch(texts, options));
      }
      return batches;
    },
  };
}

export interface StoreSourceOptions {
  /** Rows of a batch. */
  readonly rows: number;
  readonly maxLength: number;
  readonly accumulate: number;
  readonly packing: boolean;
  readonly seed: number;
  /** Default true; false keeps the order of the data. */
  readonly shuffle?: boolean;
  /** Data sets that are mixed; absent: one. */
  readonly parts?: readonly MixedPart[];
  readonly rising?: Rising;
}

/** Rows that go from short to long in the first epoch: this share of the run's steps, as far as they are of that epoch. */
export interface Rising {
  readonly share: number;
  /** Of the run; absent: as many as the epochs have. */
  readonly steps?: number;
  readonly epochs: number;
}

/** The share of the first epoch's examples that `rising` means. */
export const risingShare = ({ share, steps, epochs }: Rising, stepsPerEpoch: () => number): number =>
  share === 0 ? 0 : Math.min(1, share * (steps === undefined ? epochs : steps / stepsPerEpoch()));

/** Every epoch is arranged anew from the seed; a step never reaches over the end of its epoch. */
export function storeSource(
  store: EncodedStore,
  options: StoreSourceOptions,
  make: MakeBatch = makeUnpaddedBatch,
): StepSource {
  const { rows, maxLength, accumulate, packing, seed, shuffle, parts, rising } = options;
  const counts: number[] = [];
  let current: { readonly epoch: number; readonly plan: BatchPlan } | undefined;
  const arrange = (epoch: number, risingPart: number): BatchPlan => {
    const common = { rows, seed, epoch, shuffle, parts, rising: risingPart, length: maxLength };
    return packing ? planPacked(store, common) : planPadded(store, common);
  };
  const planOf = (epoch: number): BatchPlan => {
    if (current?.epoch !== epoch) {
      const plainSteps = () => Math.ceil(arrange(epoch, 0).count / accumulate);
      current = { epoch, plan: arrange(epoch, rising && epoch === 0 ? risingShare(rising, plainSteps) : 0) };
    }
    counts[epoch] = current.plan.count;
    return current.plan;
  };
  const stepsOf = (epoch: number): number => Math.ceil((counts[epoch] ?? planOf(epoch).count) / accumulate);
  return {
    maxLength,
    steps(epochs) {
      let steps = 0;
      for (let epoch = 0; epoch < Math.floor(epochs); epoch++) steps += stepsOf(epoch);
      const part = epochs - Math.floor(epochs);
      return part > 0 ? steps + Math.max(1, Math.round(part * stepsOf(Math.floor(epochs)))) : steps;
    },
    async batches(step) {
      let epoch = 0;
      let within = step;
      for (; within >= stepsOf(epoch); epoch++) within -= stepsOf(epoch);
      const plan = planOf(epoch);
      const last = Math.min(plan.count, (within + 1) * accumulate);
      const batches: Batch[] = [];
      for (let index = within * accumulate; index < last; index++) {
        const { rows: count, length, ids, labels, positions, segments, examples } = plan.batch(index);
        const rowOf = (values: Int32Array, row: number) => values.subarray(row * length, (row + 1) * length);
        batches.push(
          make(
            Array.from({ length: count }, (_, row) => ({
              ids: rowOf(ids, row),
              labels: rowOf(labels, row),
              positions: rowOf(positions, row),
              segments: rowOf(segments, row),
              examples: rowOf(examples, row),
            })),
          ),
        );
      }
      return batches;
    },
  };
}
