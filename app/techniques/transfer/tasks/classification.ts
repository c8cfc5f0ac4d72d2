/** One class for each text. */
import { scoreClasses } from '../../../evaluate/classification.ts';
import { runBaseline } from '../baseline.ts';
import { type LabelledText, readLabelled } from '../labelled-rows.ts';
import { splitByClass } from '../stratified-split.ts';
import { type ClassifierReport, reportClassifier } from '../transfer-report.ts';
import type { TaskRow, TransferTask } from './task.ts';

export interface BaselineReport {
  readonly method: string;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly seconds: number;
  readonly rows: number;
  readonly terms: number;
}

export interface ClassificationReport extends ClassifierReport {
  /** Rows of each class in training. */
  readonly classCounts: Readonly<Record<string, number>>;
  readonly baseline: BaselineReport;
  /** Always saying the most frequent class. */
  readonly majority: { readonly accuracy: number; readonly macroF1: number };
}

interface ClassRow extends TaskRow, LabelledText {
  readonly target: number;
}

export const classification: TransferTask<ClassRow> = {
  objective: 'single',
  problemType: 'single_label_classification',
  async read(file, columns, known) {
    const { rows, labels, ...rest } = await readLabelled(file, columns, known);
    const ids = new Map(labels.map((label, id) => [label, id]));
    return { ...rest, labels, rows: rows.map((row) => ({ ...row, target: ids.get(row.label)! })) };
  },
  split: splitByClass,
  score: (test, outputs, labels) => reportClassifier(test, outputs, labels).accuracy,
  report({ train, test, outputs, labels, seed }): { [K in keyof ClassificationReport]: ClassificationReport[K] } {
    const { predicted, ...rest } = runBaseline(train, test, labels, seed);
    const counts = labels.map((_, c) => train.filter(({ target }) => target === c).length);
    const most = counts.indexOf(Math.max(...counts));
    const headline = (guesses: readonly number[]) => {
      const { accuracy, macroF1 } = scoreClasses(
        test.map(({ target }) => target),
        guesses,
        labels,
      );
      return { accuracy, macroF1 };
    };
    return {
      ...reportClassifier(test, outputs, labels),
      classCounts: Object.fromEntries(labels.map((label, c) => [label, counts[c]])),
      baseline: { method: 'TF-IDF and logistic regression', ...headline(predicted), ...rest },
      majority: headline(test.map(() => most)),
    };
  },
};
