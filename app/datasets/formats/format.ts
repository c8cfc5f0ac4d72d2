/** What a format is: how to recognise its rows and how to bring one into the common form. */
import { type Example, type Row, RowError } from '../types.ts';

export interface DatasetFormat {
  readonly name: string;
  /** Shown in help and errors: the columns it goes by. */
  readonly columns: string;
  /** Whether a row looks like this format. */
  matches(row: Row): boolean;
  /** @throws RowError when the row looks right but is not */
  normalise(row: Row): Example;
}

/** The first of `names` that the row has (and is not null). */
export function columnOf(row: Row, names: readonly string[]): string | undefined {
  return names.find((name) => row[name] !== undefined && row[name] !== null);
}

export function hasText(row: Row, names: readonly string[]): boolean {
  const name = columnOf(row, names);
  return name !== undefined && typeof row[name] === 'string';
}

/** The text of the first of `names`; numbers and booleans are taken as text. */
export function textOf(row: Row, names: readonly string[]): string {
  const name = columnOf(row, names);
  if (name === undefined) throw new RowError('row/missing-field', `the field "${names[0]}" is missing`);
  const value = row[name];
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new RowError('row/wrong-type', `the field "${name}" is not text`);
}

export function optionalText(row: Row, names: readonly string[]): string | undefined {
  return columnOf(row, names) === undefined ? undefined : textOf(row, names);
}

/** As `textOf`, and refuses text that is only white space: the answer, from which the model learns. */
export function answerOf(row: Row, names: readonly string[]): string {
  const text = textOf(row, names);
  if (text.trim().length === 0) throw new RowError('row/no-answer', `the field "${columnOf(row, names)}" is empty`);
  return text;
}
