/** A teacher beside its student before and after, as the command line shows them. */
import type { ClassifierScore } from '../techniques/distill/distill-classifier.ts';
import type { CosineReport } from './encoder-cosine.ts';
import { type Report, reportTable, table } from './report.ts';

/** All three are of one kind. */
export type Compared = Trio<ClassifierScore> | Trio<CosineReport> | Trio<Report>;

interface Trio<R> {
  readonly teacher: R;
  readonly before: R;
  readonly after: R;
}

const is = <R extends Compared['teacher']>(
  trio: Compared,
  has: (report: object) => boolean,
): trio is Trio<R> & Compared => has(trio.teacher);

/** Lines; none where the teacher was not measured. */
export function distilledTable(trio: Compared): string[] {
  if (is<ClassifierScore>(trio, (report) => 'accuracy' in report)) {
    return rowsOf(['accuracy', 'macro F1', 'size', 'texts'], trio, (score) => [
      share(score.accuracy),
      share(score.macroF1),
      size(score),
      `${score.textsPerSecond.toFixed(0)}/s`,
    ]);
  }
  if (is<CosineReport>(trio, (report) => 'cosine' in report)) {
    return rowsOf(['cosine with the teacher', 'size'], trio, (score) => [score.cosine.toFixed(4), size(score)]);
  }
  if (!('sizeBytes' in trio.teacher)) return [];
  const { teacher, before, after } = trio as Trio<Report>;
  const columns: [string, Report][] = [
    ['teacher', teacher],
    ['student before', before],
    ['student after', after],
  ];
  return ['', reportTable(columns)];
}

const rowsOf = <R>(head: readonly string[], { teacher, before, after }: Trio<R>, cells: (report: R) => string[]) => [
  '',
  table([
    ['', ...head],
    ['teacher', ...cells(teacher)],
    ['student before', ...cells(before)],
    ['student after', ...cells(after)],
  ]),
];

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const size = ({ sizeBytes }: { readonly sizeBytes: number }): string => `${(sizeBytes / 1e6).toFixed(1)} MB`;
