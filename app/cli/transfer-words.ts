/** A transfer run as a person reads it: scores beside those of plain methods, class by class. */
import type { ClassScore } from '../evaluate/classification.ts';
import type { SimilarityScores } from '../evaluate/embeddings.ts';
import type { EntityScores } from '../evaluate/entities.ts';
import type { FewShotReport } from '../techniques/transfer/few-shot.ts';
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
  readonly entities?: EntityScores;
  readonly entityF1?: number;
  readonly fewShot?: Pick<FewShotReport, 'headOnly'>;
  readonly before?: SimilarityScores;
  readonly after?: SimilarityScores;
  readonly baseline?: Pick<
    TransferFigures,
    'accuracy' | 'macroF1' | 'entityF1' | 'meanAbsoluteError' | 'rootMeanSquaredError' | 'r2' | 'spearman'
  > &
    SimilarityScores & { readonly method: string };
  readonly mean?: Pick<TransferFigures, 'meanAbsoluteError' | 'rootMeanSquaredError'>;
  readonly majority?: Pick<TransferFigures, 'accuracy' | 'macroF1' | 'entityF1'>;
}

const share = (value: number | undefined): string => (value === undefined ? '' : `${(100 * value).toFixed(1)} %`);
const figure = (value: number | undefined): string => (value === undefined ? '' : value.toPrecision(4));

/** More classes make a table that no terminal shows. */
const MOST_CONFUSED = 12;

export function transferWords(result: TransferRun & TransferFigures): string {
  const { epochs, cache, choice, entities, perClass = [], confusion = [], labels, learningCurve = [] } = result;
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
  if (entities) lines.push('', scoresOf([...entities.perType, { label: 'all', ...entities }], 'entity', 'entities'));
  if (perClass.length > 0)
    lines.push('', entities ? scoresOf(perClass, 'tag', 'words') : scoresOf(perClass, 'class', 'texts'));
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

function scoresOf(scores: readonly ClassScore[], what: string, counted: string): string {
  const rows = scores.map(({ label, precision, recall, f1, support }) => [
    label,
    share(precision),
    share(recall),
    share(f1),
    String(support),
  ]);
  return table([[what, 'precision', 'recall', 'F1', counted], ...rows]);
}

function scoreTable(result: TransferFigures): string {
  const { baseline, majority, before, after } = result;
  if (before && after) {
    const row = (name: string, f: SimilarityScores) =>
      f.recallAt1 === undefined
        ? [name, figure(f.spearman), figure(f.pearson)]
        : [name, share(f.recallAt1), figure(f.meanReciprocalRank)];
    const heads = after.recallAt1 === undefined ? ['Spearman', 'Pearson'] : ['nearest is right', 'reciprocal rank'];
    const plain = result.baseline;
    return table([
      ['', ...heads],
      row('before', before),
      row('after', after),
      ...(plain ? [row(plain.method, plain)] : []),
    ]);
  }
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
      ...(result.mean ? [row('always the mean', result.mean)] : []),
    ]);
  }
  const { entities } = result;
  const { fewShot } = result;
  const row = (name: string, f: TransferFigures) => [
    name,
    ...(entities ? [share(f.entities?.f1 ?? f.entityF1)] : []),
    share(f.accuracy),
    share(f.macroF1),
  ];
  return table([
    ['', ...(entities ? ['entity F1'] : []), 'accuracy', 'macro F1'],
    row('this model', result),
    ...(fewShot ? [row('a head on the model as it was', fewShot.headOnly)] : []),
    ...(baseline
      ? [row(baseline.method.startsWith('TF-IDF') ? 'words alone (TF-IDF)' : baseline.method, baseline)]
      : []),
    ...(majority ? [row('always the largest class', majority)] : []),
  ]);
}
