/** What a task would learn from the columns chosen: rows, classes or numbers, and what speaks against it. */
import { UserError } from '../../contract/errors.ts';
import type { Failure } from '../../contract/shared.ts';
import type { Row, RowProblem } from '../../datasets/index.ts';
import type { FoundColumns, TaskName } from './find-columns.ts';
import { assertLearnable, cell } from './labelled-rows.ts';
import { readPairs } from './paired-rows.ts';
import { rowsOf } from './scan-columns.ts';
import { TASKS } from './tasks/index.ts';
import type { TaskRow } from './tasks/task.ts';

export interface TaskFacts {
  /** Rows that can be learnt from. */
  readonly usableRows: number;
  /** Most frequent first; the first of them where there are very many. */
  readonly classes: readonly { readonly label: string; readonly count: number }[];
  readonly classCount: number;
  /** Where numbers are learnt: their range and mean, and how many lie in each of equal parts of the range. */
  readonly numbers?: {
    readonly least: number;
    readonly most: number;
    readonly mean: number;
    readonly counts: readonly number[];
  };
  /** Pairs with a number that says how alike they are, and those with a text that is not. */
  readonly pairs?: { readonly scored: boolean; readonly negatives: number };
  /** Characters of all texts that can be used. */
  readonly characters: number;
  /** The first rows that are left out, and why; and how many there are. */
  readonly leftOut: readonly RowProblem[];
  readonly leftOutCount: number;
  /** Why nothing can be learnt. */
  readonly problem?: Failure;
}

const SHOWN_CLASSES = 200;
const SHOWN_PROBLEMS = 5;
const PARTS = 20;

const NOTHING = {
  usableRows: 0,
  classes: [],
  classCount: 0,
  characters: 0,
  leftOut: [],
  leftOutCount: 0,
  problem: undefined,
};

/** @throws what is no UserError; those are told as `problem` */
export async function taskFacts(path: string, task: TaskName, columns: FoundColumns): Promise<TaskFacts> {
  const { text, label, other, negative } = columns;
  if (text === undefined || (task === 'similarity' ? other : label) === undefined) {
    const what = text === undefined ? 'texts' : task === 'similarity' ? 'second texts' : WANTED[task];
    return {
      ...NOTHING,
      problem: failure(new UserError('dataset/no-column', `no column looks as if it held ${what}`)),
    };
  }
  try {
    if (task === 'similarity') return await pairFacts(path, { text, label, other, negative });
    if (task === 'classification') return await classFacts(path, text, label!);
    const { rows, labels, problems, problemCount } = await TASKS[task].read(path, { text, label: label! });
    return {
      ...NOTHING,
      usableRows: rows.length,
      characters: rows.reduce((sum, row) => sum + row.text.length, 0),
      leftOut: problems.slice(0, SHOWN_PROBLEMS),
      leftOutCount: problemCount,
      ...(task === 'regression' ? { numbers: numbersOf(rows) } : countsOf(rows, labels)),
    };
  } catch (error) {
    return { ...NOTHING, problem: failure(error) };
  }
}

const WANTED = {
  classification: 'classes',
  'multi-label': 'labels',
  regression: 'numbers',
  'token-classification': 'lists of tags',
} as const;

function failure(error: unknown): Failure {
  if (!(error instanceof UserError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

/** Counted as it is read: the texts of a million rows need not be kept for it. */
async function classFacts(path: string, text: string, label: string): Promise<TaskFacts> {
  const counts = new Map<string, number>();
  const leftOut: RowProblem[] = [];
  let [usableRows, characters, leftOutCount] = [0, 0, 0];
  for await (const batch of rowsOf(path, false)) {
    for (const { row, file, value, problem } of batch) {
      const [content, name] = [cell(value?.[text]), cell((value as Row | undefined)?.[label])?.trim()];
      if (content !== undefined && name !== undefined) {
        usableRows += 1;
        characters += content.length;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        continue;
      }
      leftOutCount += 1;
      if (leftOut.length >= SHOWN_PROBLEMS) continue;
      const why: Pick<RowProblem, 'code' | 'message'> =
        problem ??
        (content === undefined
          ? { code: 'row/missing-field', message: `"${text}" is empty` }
          : { code: 'row/no-answer', message: `"${label}" is empty or not a single value` });
      leftOut.push({ row, ...(file === undefined ? {} : { file }), ...why });
    }
  }
  const classes = [...counts].map(([name, count]) => ({ label: name, count })).sort((a, b) => b.count - a.count);
  let problem: Failure | undefined;
  try {
    if (usableRows === 0) throw new UserError('dataset/no-labels', `no row has both "${text}" and "${label}"`);
    assertLearnable(counts, label);
  } catch (error) {
    problem = failure(error);
  }
  return {
    ...{ usableRows, characters, leftOut, leftOutCount, problem },
    classes: classes.slice(0, SHOWN_CLASSES),
    classCount: classes.length,
  };
}

function countsOf(rows: readonly TaskRow[], labels: readonly string[]): Pick<TaskFacts, 'classes' | 'classCount'> {
  const counts = labels.map(() => 0);
  for (const { target } of rows) {
    if (target instanceof Int32Array) for (const id of target) counts[id] += 1;
    else if (target instanceof Float32Array)
      target.forEach((on, id) => {
        counts[id] += on;
      });
  }
  const classes = labels.map((label, id) => ({ label, count: counts[id] })).sort((a, b) => b.count - a.count);
  return { classes: classes.slice(0, SHOWN_CLASSES), classCount: classes.length };
}

function numbersOf(rows: readonly TaskRow[]): NonNullable<TaskFacts['numbers']> {
  const values = rows.map(({ target }) => (target as Float32Array)[0]);
  const [least, most] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const counts = Array.from({ length: PARTS }, () => 0);
  for (const value of values)
    counts[Math.min(PARTS - 1, Math.floor((PARTS * (value - least)) / (most - least || 1)))] += 1;
  return { least, most, mean: values.reduce((a, b) => a + b, 0) / values.length, counts };
}

async function pairFacts(path: string, { text, label, other, negative }: FoundColumns): Promise<TaskFacts> {
  const columns = { text: text!, other: other!, score: label ?? '', negative: negative ?? '' };
  const { rows, scored, problems, problemCount } = await readPairs(path, columns);
  return {
    ...NOTHING,
    usableRows: rows.length,
    characters: rows.reduce((sum, row) => sum + (row.text.length + row.other.length) / 2, 0),
    leftOut: problems.slice(0, SHOWN_PROBLEMS),
    leftOutCount: problemCount,
    pairs: { scored, negatives: rows.filter((row) => row.negative !== undefined).length },
  };
}
