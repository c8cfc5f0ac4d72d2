/** Batches of whole texts, in an order of their own in every epoch. */
import { Random } from '../../tensor/random.ts';
import type { Batch } from '../finetune/batch.ts';
import type { StepSource } from '../finetune/source.ts';
import type { DistillOptions } from './schema.ts';

/** @param batchOf makes a batch of the texts in these places */
export function textBatches(
  texts: readonly Int32Array[],
  { batchSize, accumulate, seed }: Pick<DistillOptions, 'batchSize' | 'accumulate' | 'seed'>,
  batchOf: (rows: readonly number[]) => Batch,
): StepSource {
  const ofEpoch = Math.ceil(texts.length / (batchSize * accumulate));
  const orderOf = (epoch: number) => new Random([seed, epoch]).shuffle(Int32Array.from(texts.keys()));
  return {
    maxLength: texts.reduce((most, { length }) => Math.max(most, length), 1),
    steps: (epochs) => Math.max(1, Math.round(epochs * ofEpoch)),
    async batches(step) {
      const order = orderOf(Math.floor(step / ofEpoch));
      const from = (step % ofEpoch) * batchSize * accumulate;
      const parts = Array.from({ length: accumulate }, (_, i) =>
        Array.from(order.subarray(from + i * batchSize, from + (i + 1) * batchSize)),
      ).filter((rows) => rows.length > 0);
      return parts.map(batchOf);
    },
  };
}
