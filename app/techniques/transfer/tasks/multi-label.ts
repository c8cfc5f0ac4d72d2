/** Any number of labels for each text: an array in JSON, or names parted by | or ; in one cell. */
import { UserError } from '../../../contract/errors.ts';
import { expectedCalibrationError } from '../../../evaluate/calibration.ts';
import { type LabelSetScores, scoreLabelSets } from '../../../evaluate/label-sets.ts';
import { runBaseline } from '../baseline.ts';
import { readTargets } from '../labelled-rows.ts';
import { hardestOf, shortened } from '../shown-rows.ts';
import { splitTexts } from '../stratified-split.ts';
import type { HardExample } from '../transfer-report.ts';
import type { TaskRow, TransferTask } from './task.ts';

export interface LabelSetReport extends LabelSetScores {
  readonly loss: number;
  /** Of each label by itself. */
  readonly ece: number;
  readonly hardest: readonly HardExample[];
  readonly baseline?: {
    readonly method: string;
    readonly accuracy: number;
    readonly macroF1: number;
    readonly microF1: number;
    readonly seconds: number;
    readonly rows: number;
    readonly terms: number;
  };
}

interface LabelSetRow extends TaskRow {
  readonly target: Float32Array;
}

/** More labels would make the plain method slower than the model. */
const MOST_BASELINE_LABELS = 50;

/** An empty array says: none of them. */
function labelsOf(value: unknown): string[] | undefined {
  const parts = Array.isArray(value)
    ? value
    : typeof value === 'string' && value.trim()
      ? value.split(/[|;]/)
      : undefined;
  if (!parts?.every((part) => typeof part === 'string' || typeof part === 'number')) return undefined;
  return [...new Set(parts.map((part) => String(part).trim()).filter(Boolean))];
}

export const multiLabel: TransferTask<LabelSetRow> = {
  objective: 'multi',
  problemType: 'multi_label_classification',
  async read(file, columns, known) {
    const { rows, ...rest } = await readTargets(file, columns, labelsOf, 'a list of labels');
    const labels = known ?? [...new Set(rows.flatMap(({ target }) => target))].sort((a, b) => (a < b ? -1 : 1));
    if (labels.length === 0) throw new UserError('dataset/no-labels', `no row of ${file} has a label`);
    const strange = rows.flatMap(({ target }) => target).find((label) => !labels.includes(label));
    if (strange !== undefined)
      throw new UserError('dataset/no-labels', `${file} has the label "${strange}", which was not learnt`);
    const counts = labels.map((label) => rows.filter(({ target }) => target.includes(label)).length);
    const useless = known ? -1 : counts.findIndex((count) => count === rows.length || count === 1);
    if (useless >= 0) {
      const [code, words] =
        counts[useless] === 1
          ? (['dataset/rare-label', 'one row has'] as const)
          : (['dataset/one-label', 'every row has'] as const);
      throw new UserError(code, `${words} the label "${labels[useless]}"`);
    }
    const ids = new Map(labels.map((label, id) => [label, id]));
    const vectors = rows.map(({ text, target }) => {
      const vector = new Float32Array(labels.length);
      for (const label of target) vector[ids.get(label)!] = 1;
      return { text, target: vector };
    });
    return { ...rest, labels, rows: vectors };
  },
  split: splitTexts,
  score: (test, outputs, labels) => scoreLabelSets(truthOf(test), outputs, labels).microF1,
  report({ train, test, outputs, labels, seed }): { [K in keyof LabelSetReport]: LabelSetReport[K] } {
    const width = labels.length;
    const truth = truthOf(test);
    const loss = test.map(({ target }, r) => {
      let sum = 0;
      for (let c = 0; c < width; c++) {
        const p = outputs[r * width + c];
        sum -= Math.log(Math.max(1e-12, target[c] === 1 ? p : 1 - p));
      }
      return sum / width;
    });
    const named = (has: (c: number) => boolean) => labels.filter((_, c) => has(c)).join(', ');
    const hardest = hardestOf(loss).map((row) => ({
      text: shortened(test[row].text),
      label: named((c) => test[row].target[c] === 1),
      predicted: named((c) => outputs[row * width + c] >= 0.5),
      probability: Math.exp(-loss[row]),
    }));
    return {
      ...scoreLabelSets(truth, outputs, labels),
      loss: loss.reduce((a, b) => a + b, 0) / loss.length,
      ece: expectedCalibrationError(
        Array.from(outputs, (p) => Math.max(p, 1 - p)),
        Array.from(outputs, (p, i) => p >= 0.5 === (truth[i] === 1)),
      ),
      hardest,
      ...(width <= MOST_BASELINE_LABELS ? { baseline: baselineOf(train, test, labels, seed) } : {}),
    };
  },
};

const truthOf = (rows: readonly LabelSetRow[]): Float32Array =>
  Float32Array.from(rows.flatMap(({ target }) => [...target]));

/** TF-IDF with one logistic regression a label. */
function baselineOf(
  train: readonly LabelSetRow[],
  test: readonly LabelSetRow[],
  labels: readonly string[],
  seed: number,
) {
  const width = labels.length;
  const outputs = new Float32Array(test.length * width);
  let seconds = 0;
  let terms = 0;
  labels.forEach((_, c) => {
    const marked = (rows: readonly LabelSetRow[]) =>
      rows.map(({ text, target }) => ({ text, label: target[c] === 1 ? 'yes' : 'no' }));
    const run = runBaseline(marked(train), marked(test), ['no', 'yes'], seed);
    seconds += run.seconds;
    terms = run.terms;
    run.predicted.forEach((guess, row) => {
      outputs[row * width + c] = guess;
    });
  });
  const { accuracy, macroF1, microF1 } = scoreLabelSets(truthOf(test), outputs, labels);
  const method = 'TF-IDF and a logistic regression for each label';
  return { method, accuracy, macroF1, microF1, seconds, rows: train.length, terms };
}
