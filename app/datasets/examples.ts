/** Reads a data set as examples in the common form, whatever its format, reporting the rows that cannot be used. */
import { UserError } from '../contract/errors.ts';
import type { DatasetFormat } from './formats/format.ts';
import { FORMATS, formatNamed, recogniseFormat } from './formats/index.ts';
import { readRows } from './readers/index.ts';
import { type Example, type Row, RowError, type RowProblem, type SourceRow } from './types.ts';

export interface ReadOptions {
  /** The name of a format; by default it is recognised. */
  readonly format?: string;
  /** What the format's columns are called here, for example { prompt: 'Frage', completion: 'Antwort' }. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** One row: its example, or what is wrong with it. */
export interface ExampleRow {
  readonly row: number;
  readonly file?: string;
  readonly example?: Example;
  readonly problem?: RowProblem;
}

export interface ExampleReader {
  readonly format: string;
  /** Batches of rows, in the order of the data. May be read once. */
  readonly rows: AsyncGenerator<readonly ExampleRow[]>;
}

/** Rows looked at to recognise the format. */
const SAMPLE = 200;

/**
 * @throws UserError dataset/empty, dataset/unreadable, dataset/unknown-format, arguments/invalid, file/not-found
 */
export async function openExamples(path: string, options: ReadOptions = {}): Promise<ExampleReader> {
  const source = readRows(path);
  const named = options.format === undefined ? undefined : formatNamed(options.format);
  const sample: (readonly SourceRow[])[] = [];
  const records: Row[] = [];
  let seen = 0;
  while (records.length < SAMPLE) {
    const { value, done } = await source.next();
    if (done) break;
    sample.push(value);
    seen += value.length;
    for (const row of value) if (row.value && records.length < SAMPLE) records.push(rename(row.value, options.columns));
  }
  if (seen === 0) throw new UserError('dataset/empty', `${path} has no rows`);
  if (records.length === 0) {
    const first = sample.flat().find((row) => row.problem)?.problem;
    throw new UserError(
      'dataset/unreadable',
      `${path} has no row that can be read${first ? ` (${first.message})` : ''}`,
    );
  }
  const format = named ?? recogniseFormat(records, path);
  if (named && !records.some((row) => named.matches(row))) throw wrongFormat(named, records, path);
  return { format: format.name, rows: examplesOf(sample, source, format, options.columns) };
}

function wrongFormat(format: DatasetFormat, records: readonly Row[], path: string): UserError {
  const others = FORMATS.filter((other) => records.some((row) => other.matches(row))).map((other) => other.name);
  const advice = others.length > 0 ? `; it looks like ${others[0]}` : '';
  return new UserError(
    'dataset/unknown-format',
    `${path} has no row in the format ${format.name} (${format.columns})${advice}`,
  );
}

async function* examplesOf(
  sample: readonly (readonly SourceRow[])[],
  rest: AsyncGenerator<readonly SourceRow[]>,
  format: DatasetFormat,
  columns: ReadOptions['columns'],
): AsyncGenerator<readonly ExampleRow[]> {
  const convert = (rows: readonly SourceRow[]): ExampleRow[] => rows.map((row) => convertRow(row, format, columns));
  for (const rows of sample) yield convert(rows);
  for await (const rows of rest) yield convert(rows);
}

function convertRow(
  { row, file, value, problem }: SourceRow,
  format: DatasetFormat,
  columns: ReadOptions['columns'],
): ExampleRow {
  const place = file === undefined ? { row } : { row, file };
  if (!value) return { ...place, problem: { ...place, ...problem! } };
  try {
    return { ...place, example: format.normalise(rename(value, columns)) };
  } catch (error) {
    return { ...place, problem: { ...place, ...problemOf(error) } };
  }
}

/** What to report of an error in one row; anything but a RowError is a bug and goes on. */
export function problemOf(error: unknown): Pick<RowProblem, 'code' | 'message'> {
  if (error instanceof RowError) return { code: error.code, message: error.message };
  throw error;
}

function rename(row: Row, columns: ReadOptions['columns']): Row {
  if (!columns) return row;
  const renamed: Record<string, unknown> = { ...row };
  for (const [standard, actual] of Object.entries(columns)) renamed[standard] = row[actual];
  return renamed;
}
