/** The data as the teacher reads it: every example once, in the order of the data, with a number for every prediction. */
import { createHash } from 'node:crypto';
import type { EncodedStore, TokensFile } from '../../datasets/index.ts';
import type { BatchRow } from '../finetune/batch.ts';
import { type MakeBatch, stepRows } from '../finetune/source.ts';
import { makeUnpaddedBatch } from '../finetune/unpadded.ts';
import { type Prediction, predictionsOf } from './alignment.ts';

export interface Examples {
  readonly count: number;
  /** Each example as a row of its own. */
  rows(): AsyncGenerator<BatchRow>;
  /** Of such rows a batch as the model takes it. */
  readonly make: MakeBatch;
}

export function storeExamples(store: EncodedStore, maxLength: number, make: MakeBatch = makeUnpaddedBatch): Examples {
  return {
    make,
    count: store.count,
    async *rows() {
      for (let i = 0; i < store.count; i++) {
        const { ids, labels } = store.get(i);
        const examples = new Int32Array(ids.length).fill(i);
        yield { ids: ids.subarray(0, maxLength), labels: labels.subarray(0, maxLength), examples };
      }
    },
  };
}

export function fileExamples(file: TokensFile, make: MakeBatch = makeUnpaddedBatch): Examples {
  return {
    make,
    count: file.steps * file.batch,
    async *rows() {
      for (let step = 0; step < file.steps; step++) yield* await stepRows(file, step);
    },
  };
}

/** Numbers the predictions of a data set, 0, 1, 2, … through all examples. */
export class PredictionIndex {
  /** Predictions of all examples. */
  readonly count: number;
  /** Identifies the data: every example's tokens and labels, in their order. */
  readonly hash: string;
  readonly #starts: Int32Array;
  readonly #positions: Int32Array;

  private constructor(starts: Int32Array, positions: Int32Array, hash: string) {
    this.#starts = starts;
    this.#positions = positions;
    this.hash = hash;
    this.count = positions.length;
  }

  static async of(examples: Examples): Promise<PredictionIndex> {
    const hash = createHash('sha256').update('predictions 1');
    const starts = new Int32Array(examples.count + 1);
    const positions: number[] = [];
    let example = 0;
    for await (const row of examples.rows()) {
      const predictions = predictionsOf(examples.make([row]));
      for (const { position } of predictions) positions.push(position);
      hash.update(Int32Array.of(predictions.length, ...predictions.map(({ signature }) => signature)));
      starts[++example] = positions.length;
    }
    return new PredictionIndex(starts, Int32Array.from(positions), hash.digest('hex'));
  }

  /** The number of a prediction. */
  numberOf({ example, position }: Prediction): number {
    let [low, high] = [this.#starts[example], this.#starts[example + 1]];
    const end = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#positions[middle] < position) low = middle + 1;
      else high = middle;
    }
    if (low === end || this.#positions[low] !== position) {
      throw new Error(`example ${example} predicts nothing at position ${position}`);
    }
    return low;
  }
}
