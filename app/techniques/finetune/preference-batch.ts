/** A batch of pairs of answers to the same prompt, as the training graph of preferences takes it. */
import { float32 } from '../../tensor/tensor.ts';
import type { Batch, BatchRow } from './batch.ts';
import { makeUnpaddedBatch } from './unpadded.ts';

export interface AnswerPair {
  readonly chosen: BatchRow;
  readonly rejected: BatchRow;
}

export interface PreferenceBatch extends Batch {
  /** Numbers of the pairs in their data set, in the order of the batch. */
  readonly pairs: readonly number[];
}

/**
 * Besides the inputs of `makeUnpaddedBatch`: chosen, rejected float32 [pairs, rows] as `emitPreferences` takes them.
 * @param counts how tokens of an answer count: each by itself, or all of them together as one
 */
export function makePreferenceBatch(
  given: readonly AnswerPair[],
  numbers: readonly number[],
  counts: 'sum' | 'mean',
): PreferenceBatch {
  const numbered = ({ ids, labels }: BatchRow, number: number): BatchRow => ({
    ids,
    labels,
    examples: new Int32Array(ids.length).fill(number),
  });
  const rows = given.flatMap(({ chosen, rejected }, pair) => [
    numbered(chosen, 2 * pair),
    numbered(rejected, 2 * pair + 1),
  ]);
  const { origins, ...batch } = makeUnpaddedBatch(rows);
  const asked = batch.inputs.rows.data as BigInt64Array;
  const lengths = new Array<number>(rows.length).fill(0);
  const answerOf = Array.from(asked, (token) => origins!.examples[Number(token)]);
  for (const answer of answerOf) lengths[answer] += 1;
  const sides = [0, 1].map((side) => {
    const values = new Float32Array(given.length * asked.length);
    answerOf.forEach((answer, row) => {
      if (answer % 2 === side) values[(answer >> 1) * asked.length + row] = counts === 'sum' ? 1 : 1 / lengths[answer];
    });
    return float32([given.length, asked.length], values);
  });
  const inputs = { ...batch.inputs, chosen: sides[0], rejected: sides[1] };
  return { ...batch, inputs, divisor: given.length, pairs: numbers };
}
