/** What each column of a data set holds, seen once from the first row to the last. */
import { type RowProblem, readConll, readRows, type SourceRow } from '../../datasets/index.ts';
import { cell, nothingRead } from './labelled-rows.ts';
import { isLinesOfWords } from './tagged-rows.ts';

export interface ColumnFacts {
  readonly name: string;
  /** Rows that have something there. */
  readonly filled: number;
  /** Different values, counted up to a limit. */
  readonly distinct: number;
  /** Characters. */
  readonly meanLength: number;
  readonly examples: readonly string[];
}

export interface ScannedColumn extends ColumnFacts {
  /** Of the filled rows: those with a list, with a number, with a number that is not whole, with names parted by | or ;. */
  readonly lists: number;
  readonly numbers: number;
  readonly fractions: number;
  readonly parted: number;
}

export interface ColumnScan {
  readonly rows: number;
  readonly columns: readonly ScannedColumn[];
}

/** Values of a column that are told apart. */
const MOST_DISTINCT = 2000;
const EXAMPLES = 3;
const EXAMPLE_LENGTH = 80;

/** Lists are shown as their words. */
const shownOf = (value: unknown): string | undefined =>
  cell(Array.isArray(value) ? value.map(String).join(' ') : value);

interface Counter {
  filled: number;
  length: number;
  lists: number;
  numbers: number;
  fractions: number;
  parted: number;
  readonly values: Map<string, number>;
}

/** @param words whether lines of a text are words with a tag each, where its name leaves that open */
export const rowsOf = (path: string, words: boolean): AsyncIterable<readonly SourceRow[]> =>
  words && isLinesOfWords(path) ? readConll(path) : readRows(path);

/** @throws UserError dataset/unreadable, dataset/not-utf8, dataset/no-usable-rows, dataset/empty, file/* */
export async function scanColumns(path: string, words: boolean): Promise<ColumnScan> {
  const columns = new Map<string, Counter>();
  let rows = 0;
  let first: RowProblem | undefined;
  for await (const batch of rowsOf(path, words)) {
    for (const { row, value, problem } of batch) {
      if (!value) {
        first ??= { row, ...problem! };
        continue;
      }
      rows += 1;
      for (const [name, content] of Object.entries(value)) add(columns, name, content);
    }
  }
  if (rows === 0) throw nothingRead(path, first);
  return { rows, columns: [...columns].map(([name, counter]) => factsOf(name, counter)) };
}

function add(columns: Map<string, Counter>, name: string, content: unknown): void {
  const counts = { filled: 0, length: 0, lists: 0, numbers: 0, fractions: 0, parted: 0 };
  const column = columns.get(name) ?? { ...counts, values: new Map<string, number>() };
  columns.set(name, column);
  if (Array.isArray(content)) column.lists += 1;
  const shown = shownOf(content);
  if (shown === undefined) return;
  column.filled += 1;
  column.length += shown.length;
  if (!Array.isArray(content)) {
    const number = typeof content === 'boolean' ? Number.NaN : Number(shown);
    if (Number.isFinite(number)) column.numbers += 1;
    if (Number.isFinite(number) && !Number.isInteger(number)) column.fractions += 1;
    if (/[^|;]\s*[|;]\s*[^|;]/.test(shown)) column.parted += 1;
  }
  const known = column.values.get(shown);
  if (known !== undefined || column.values.size < MOST_DISTINCT) column.values.set(shown, (known ?? 0) + 1);
}

const factsOf = (name: string, { length, values, ...counts }: Counter): ScannedColumn => ({
  name,
  ...counts,
  distinct: values.size,
  meanLength: counts.filled === 0 ? 0 : length / counts.filled,
  examples: [...values.keys()].slice(0, EXAMPLES).map((value) => value.slice(0, EXAMPLE_LENGTH)),
});
