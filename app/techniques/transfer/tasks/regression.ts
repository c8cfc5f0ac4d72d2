/** A number for each text. */
import { UserError } from '../../../contract/errors.ts';
import { type NumberScores, scoreNumbers } from '../../../evaluate/numbers.ts';
import { readTargets } from '../labelled-rows.ts';
import { runNumberBaseline } from '../number-baseline.ts';
import { hardestOf, type Point, samplePoints, shortened } from '../shown-rows.ts';
import { splitTexts } from '../stratified-split.ts';
import type { TaskRow, TransferTask } from './task.ts';

export interface NumberReport extends NumberScores {
  readonly hardest: readonly (Point & { readonly text: string })[];
  /** Of a sample of the rows measured on: for a picture of one against the other. */
  readonly points: readonly Point[];
  readonly baseline: NumberScores & { readonly method: string };
  /** Always saying the mean of the training rows. */
  readonly mean: Pick<NumberScores, 'meanAbsoluteError' | 'rootMeanSquaredError'>;
}

interface NumberRow extends TaskRow {
  readonly target: Float32Array;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export const regression: TransferTask<NumberRow> = {
  objective: 'regression',
  problemType: 'regression',
  async read(file, columns, known) {
    const { rows, ...rest } = await readTargets(file, columns, numberOf, 'a number');
    const [first] = rows;
    if (!known && rows.every(({ target }) => target === first.target)) {
      throw new UserError('dataset/one-label', `all ${rows.length} rows have the number ${first.target}`);
    }
    return {
      ...rest,
      labels: [columns.label],
      rows: rows.map(({ text, target }) => ({ text, target: Float32Array.of(target) })),
    };
  },
  split: splitTexts,
  score: (test, outputs) => scoreNumbers(truthOf(test), outputs).r2,
  report({ train, test, outputs, seed }): { [K in keyof NumberReport]: NumberReport[K] } {
    const truth = truthOf(test);
    const mean = truthOf(train).reduce((a, b) => a + b, 0) / train.length;
    const gaps = truth.map((value, row) => Math.abs(value - outputs[row]));
    const hardest = hardestOf(gaps).map((row) => ({
      text: shortened(test[row].text),
      wanted: truth[row],
      predicted: outputs[row],
    }));
    const { meanAbsoluteError, rootMeanSquaredError } = scoreNumbers(truth, new Float32Array(test.length).fill(mean));
    const numbered = train.map(({ text, target }) => ({ text, value: target[0] }));
    const texts = test.map(({ text }) => text);
    return {
      ...scoreNumbers(truth, outputs),
      hardest,
      points: samplePoints(truth, outputs),
      baseline: {
        method: 'TF-IDF and ridge regression',
        ...scoreNumbers(truth, runNumberBaseline(numbered, texts, seed)),
      },
      mean: { meanAbsoluteError, rootMeanSquaredError },
    };
  },
};

const truthOf = (rows: readonly NumberRow[]): Float32Array => Float32Array.from(rows, ({ target }) => target[0]);
