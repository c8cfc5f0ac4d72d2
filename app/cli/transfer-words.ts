/** A transfer run as a person reads it: scores beside those of plain methods, class by class. */
import type { ClassScore } from '../evaluate/classification.ts';
import type { TransferRun } from '../techniques/transfer/transfer.ts';
import { table } from './report.ts';

/** What the tasks' reports have between them. */
export interface TransferFigures {
  readonly accuracy?: number;
  readonly macroF1?: number;
  readonly microF1?: number;
  readonly ece?: number;
  readonly perClass?: readonly ClassScore[];
  readonly confusion?: readonly (readonly number[])[];
  readonly meanAbsoluteError?: number;
  readonly rootMeanSquaredError?: number;
  readonly r2?: number;
  readonly spearman?: number;
  readonly baseline?: Pick<TransferFigures, 'accuracy' | 'macroF1' | 'meanAbsoluteError' | 'rootMeanSquaredError'> & {
    readonly method: string;
  };
  readonly majority?: Pick<TransferFigures, 'accuracy' | 'macroF1'>;
}

const share = (value: number | undefined): string => (value === undefined ? '' : `${(100 * value).toFixed(1)} %`);
const figure = (value: number | undefined): string => (value === undefined ? '' : value.toPrecision(4));

/** More classes make a table that no terminal shows. */
const MOST_CONFUSED = 12;

export function transferWords(result: TransferRun & TransferFigures): string {
  const { epochs, cache, choice, perClass = [], confusion = [], labels, learningCurve = [] } = result;
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const encoded = cache.hit
    ? 'read from the cache'
    : `${cache.computed} computed in ${cache.seconds.toFixed(1)} s, ${cache.reused} read from the cache`;
  const lines = [
    `${result.trainRows} texts to learn from, ${result.testRows} to measure on; vectors ${encoded}`,
    `${epochs.length} epochs in ${seconds.toFixed(2)} s: loss ${epochs[0].loss.toFixed(4)} -> ${epochs.at(-1)!.loss.toFixed(4)}`,
    '',
    scoreTable(result),
  ];
  if (perClass.length > 0) {
    const rows = perClass.map(({ label, precision, recall, f1, support }) => [
      label,
      share(precision),
      share(recall),
      share(f1),
      String(support),
    ]);
    lines.push('', table([['class', 'precision', 'recall', 'F1', 'texts'], ...rows]));
  }
  if (result.ece !== undefined) lines.push(`calibration error ${share(result.ece)}`);
  if (confusion.length > 0 && confusion.length <= MOST_CONFUSED) {
    const rows = confusion.map((counts, c) => [labels[c], ...counts.map(String)]);
    lines.push('', table([['true \\ predicted', ...labels], ...rows]));
  }
  if (learningCurve.length > 0) {
    const rows = learningCurve.map(({ rows: count, score }) => [String(count), figure(score)]);
    lines.push('', table([['learnt from', 'score'], ...rows]));
  }
  if (choice) {
    const least = `learning rate ${choice.learningRate} and ${epochs.length} epochs had the least held-out loss, ${choice.evalLoss.toFixed(4)}`;
    lines.push('', least);
    if (choice.tried.length > 1) lines.push(`of ${choice.tried.map((t) => t.learningRate).join(', ')}`);
  }
  if (result.cutRows > 0) lines.push('', `${result.cutRows} texts are longer than what is read of them (--max-length)`);
  if (result.problemCount > 0) {
    const [{ row, message }] = result.problems;
    lines.push('', `${result.problemCount} rows were left out; the first is ${row}: ${message}`);
  }
  return [...lines, '', `model  ${result.model}`, `ONNX   ${result.onnx}`].join('\n');
}

function scoreTable(result: TransferFigures): string {
  const { baseline, majority } = result;
  if (result.rootMeanSquaredError !== undefined) {
    const row = (name: string, f: TransferFigures) => [
      name,
      figure(f.meanAbsoluteError),
      figure(f.rootMeanSquaredError),
      figure(f.r2),
      figure(f.spearman),
    ];
    return table([
      ['', 'mean error', 'root mean square', 'R²', 'rank correlation'],
      row('this model', result),
      ...(baseline ? [row(baseline.method, baseline)] : []),
    ]);
  }
  const row = (name: string, f: TransferFigures) => [name, share(f.accuracy), share(f.macroF1)];
  return table([
    ['', 'accuracy', 'macro F1'],
    row('this model', result),
    ...(baseline ? [row('words alone (TF-IDF)', baseline)] : []),
    ...(majority ? [row('always the largest class', majority)] : []),
  ]);
}
