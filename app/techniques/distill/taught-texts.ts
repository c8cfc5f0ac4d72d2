/** Texts that a classifier is taught on: one without a class is learnt from the teacher's word alone. */
import { UserError } from '../../contract/errors.ts';
import type { RowProblem } from '../../datasets/index.ts';
import {
  assertKnown,
  type Columns,
  cell,
  type LabelledText,
  readLabelled,
  readTargets,
} from '../transfer/labelled-rows.ts';
import { splitByClass } from '../transfer/stratified-split.ts';

export interface TaughtData {
  readonly file: string;
  readonly columns: Columns;
  /** Measure on this file instead of held-out rows. */
  readonly evaluation?: string;
  /** Share of each class; of texts without one none is measured on. */
  readonly heldOut: number;
}

export interface TaughtText {
  readonly text: string;
  /** Absent: the row has none. */
  readonly label?: string;
}

export interface TaughtTexts {
  /** In the order of the file. */
  readonly train: readonly TaughtText[];
  readonly test: readonly LabelledText[];
  readonly problems: readonly RowProblem[];
}

/** @throws UserError dataset/no-labels for a class that the teacher does not know, or where nothing can be measured on; dataset/* of reading */
export async function readTaught(
  { file, columns, evaluation, heldOut }: TaughtData,
  labels: readonly string[],
  seed: number,
): Promise<TaughtTexts> {
  const { rows: read, problems } = await readTargets(file, columns, labelOrNone, 'a single value');
  const rows: TaughtText[] = read.map(({ text, target }) => (target === '' ? { text } : { text, label: target }));
  const labelled = rows.filter((row): row is LabelledText => row.label !== undefined);
  assertKnown(labelled, labels, file);
  if (evaluation) return { train: rows, test: (await readLabelled(evaluation, columns, labels)).rows, problems };
  if (labelled.length === 0) {
    throw new UserError(
      'dataset/no-labels',
      `no row of ${file} has a class to measure on: give rows that have with --eval`,
    );
  }
  const { test } = splitByClass(labelled, heldOut, seed);
  const held = new Set(test.map(({ text }) => text));
  return { train: rows.filter(({ text }) => !held.has(text)), test, problems };
}

/** '' for an empty cell. */
const labelOrNone = (value: unknown): string | undefined =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value.trim() : cell(value);
