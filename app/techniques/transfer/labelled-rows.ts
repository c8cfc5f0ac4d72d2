/** Texts with their classes from a data set, and refusals of label columns that nothing can be learnt from. */
import { UserError } from '../../contract/errors.ts';
import { type Row, type RowProblem, readRows, type SourceRow } from '../../datasets/index.ts';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

export interface LabelledData {
  readonly rows: readonly LabelledText[];
  /** Sorted by code unit; the index is the class id. */
  readonly labels: readonly string[];
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

export interface Columns {
  readonly text: string;
  readonly label: string;
  /** The second texts of pairs, and the third ones of triples. */
  readonly other?: string;
  readonly negative?: string;
}

const SHOWN_PROBLEMS = 20;

/** What a cell says; undefined where it says nothing. */
export function cell(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return undefined;
  return value.trim() === '' ? undefined : value;
}

export interface TargetRows<T, X = string> {
  readonly rows: readonly { readonly text: X; readonly target: T }[];
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

/**
 * Reads texts and what stands beside them; rows that lack either are reported and left out.
 * @param parse what a cell of the label column says; undefined where it says nothing that can be learnt
 * @param wanted what a cell should be: "a label"
 * @throws UserError dataset/no-column, dataset/empty, dataset/no-labels; dataset/* of reading
 */
export const readTargets = <T>(
  file: string,
  columns: Columns,
  parse: (value: unknown) => T | undefined,
  wanted: string,
): Promise<TargetRows<T>> => readBeside(readRows(file), { file, columns, text: cell, label: parse, wanted });

/** Why a file gave no row at all. @param problem of its first row, where it has one */
export function nothingRead(file: string, problem: RowProblem | undefined): UserError {
  if (!problem) return new UserError('dataset/empty', `${file} has no rows that can be read`);
  if (problem.code === 'row/not-utf8') return new UserError('dataset/not-utf8', `no row of ${file} is UTF-8 text`);
  return nothingUsable(file, problem);
}

const nothingUsable = (file: string, { row, message }: RowProblem): UserError =>
  new UserError('dataset/no-usable-rows', `no row of ${file} can be used; the first is ${row}: ${message}`);

export interface BesideReading<X, T> {
  /** For messages. */
  readonly file: string;
  readonly columns: Columns;
  readonly text: (value: unknown) => X | undefined;
  readonly label: (value: unknown) => T | undefined;
  /** What a cell of the label column should be. */
  readonly wanted: string;
  /** What speaks against a row whose cells are good by themselves. */
  readonly against?: (text: X, target: T) => string | undefined;
}

/** As `readTargets`, of whatever stands in the two columns. */
export async function readBeside<X, T>(
  source: AsyncIterable<readonly SourceRow[]>,
  { file, columns, text: readText, label: readLabel, wanted, against }: BesideReading<X, T>,
): Promise<TargetRows<T, X>> {
  const rows: { text: X; target: T }[] = [];
  const problems: RowProblem[] = [];
  let problemCount = 0;
  let unlabelled = 0;
  let seen: Row | undefined;
  const found = { text: false, label: false };
  const report = (problem: RowProblem) => {
    problemCount += 1;
    if (problems.length < SHOWN_PROBLEMS) problems.push(problem);
  };
  for await (const batch of source) {
    for (const { row, file: part, value, problem } of batch) {
      const place = part === undefined ? { row } : { row, file: part };
      if (!value) {
        report({ ...place, ...problem! });
        continue;
      }
      seen ??= value;
      found.text ||= Object.hasOwn(value, columns.text);
      found.label ||= Object.hasOwn(value, columns.label);
      const text = readText(value[columns.text]);
      const target = readLabel(value[columns.label]);
      if (target === undefined) unlabelled += 1;
      if (text === undefined) report({ ...place, code: 'row/missing-field', message: `"${columns.text}" is empty` });
      else if (target === undefined)
        report({ ...place, code: 'row/no-answer', message: `"${columns.label}" is empty or not ${wanted}` });
      else {
        const message = against?.(text, target);
        if (message !== undefined) report({ ...place, code: 'row/wrong-type', message });
        else rows.push({ text, target });
      }
    }
  }
  if (!seen) throw nothingRead(file, problems[0]);
  for (const which of ['text', 'label'] as const) {
    if (found[which]) continue;
    const names = Object.keys(seen).slice(0, 12).join(', ');
    throw new UserError('dataset/no-column', `${file} has no column "${columns[which]}" (it has ${names})`);
  }
  if (rows.length === 0) {
    if (unlabelled > 0)
      throw new UserError('dataset/no-labels', `no row of ${file} has ${wanted} in "${columns.label}"`);
    if (problems.every(({ code }) => code === 'row/wrong-type')) throw nothingUsable(file, problems[0]);
    throw new UserError('dataset/empty', `no row of ${file} has a text in "${columns.text}"`);
  }
  return { rows, problems, problemCount };
}

/**
 * Texts with one class each.
 * @param known classes that the rows may have; absent: whichever they have
 * @throws UserError what `readTargets` and `assertLearnable` throw, dataset/no-labels for a class that is not known
 */
export async function readLabelled(file: string, columns: Columns, known?: readonly string[]): Promise<LabelledData> {
  const {
    rows: read,
    problems,
    problemCount,
  } = await readTargets(file, columns, (value) => cell(value)?.trim(), 'a single value');
  const rows = read.map(({ text, target: label }) => ({ text, label }));
  const labels = known ?? [...new Set(rows.map(({ label }) => label))].sort((a, b) => (a < b ? -1 : 1));
  if (known) assertKnown(rows, known, file);
  else assertLearnable(countBy(rows), columns.label);
  return { rows, labels, problems, problemCount };
}

/** @throws UserError dataset/no-labels for a class that is not known */
export function assertKnown(rows: readonly LabelledText[], known: readonly string[], file: string): void {
  const strange = rows.find(({ label }) => !known.includes(label));
  if (strange) {
    throw new UserError('dataset/no-labels', `${file} has the class "${strange.label}", which was not learnt`);
  }
}

function countBy(rows: readonly LabelledText[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** More classes than this in one column are names or numbers, not classes. */
const MOST_CLASSES = 1000;
/** A small data set may have nearly as many classes as rows; below this it is judged by its rare classes. */
const FEW_CLASSES = 20;
/** Longer on average: sentences. */
const LONGEST_LABEL = 80;

/**
 * @param counts rows of each class
 * @throws UserError dataset/one-label, dataset/free-text-labels, dataset/rare-label
 */
export function assertLearnable(counts: ReadonlyMap<string, number>, column: string): void {
  const labels = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  const rows = [...counts.values()].reduce((a, b) => a + b, 0);
  const quoted = (label: string) => `"${label.length > 40 ? `${label.slice(0, 40)}…` : label}"`;
  if (labels.length === 1) {
    throw new UserError('dataset/one-label', `all ${rows} rows have the label ${quoted(labels[0])}`);
  }
  const single = labels.filter((label) => counts.get(label) === 1);
  const many = labels.length > MOST_CLASSES || (labels.length > FEW_CLASSES && labels.length > rows / 2);
  const long = labels.reduce((n, label) => n + label.length, 0) / labels.length > LONGEST_LABEL;
  // Sentences that never come twice, or values that hardly do.
  if (many || (long && single.length > labels.length / 2) || (labels.length > 2 && single.length === labels.length)) {
    throw new UserError(
      'dataset/free-text-labels',
      `"${column}" has ${labels.length} different values in ${rows} rows, such as ${quoted(labels[0])}`,
    );
  }
  if (single.length > 0) {
    const names = single.slice(0, 5).map(quoted).join(', ');
    const more = single.length > 5 ? ` and ${single.length - 5} more` : '';
    throw new UserError('dataset/rare-label', `${names}${more}: a class with one example`);
  }
}
