/** Pairs of texts, with how alike each is, or with a third text that is not, where the data set says it. */
import { UserError } from '../../contract/errors.ts';
import { type Row, type RowProblem, readRows } from '../../datasets/index.ts';
import { nothingRead } from './labelled-rows.ts';

export interface PairedText {
  readonly text: string;
  readonly other: string;
  readonly score?: number;
  /** A text that is not alike, though it may look so. */
  readonly negative?: string;
}

export interface PairColumns {
  readonly text: string;
  readonly other: string;
  readonly score: string;
  /** Where there are triples. */
  readonly negative: string;
}

export interface PairedData {
  readonly rows: readonly PairedText[];
  readonly scored: boolean;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

/** In the files of such data sets the columns have one of these names. */
export const PAIR_COLUMNS: Readonly<Record<keyof PairColumns, readonly string[]>> = {
  text: ['text_a', 'sentence1', 'anchor', 'query', 'question'],
  other: ['text_b', 'sentence2', 'positive', 'answer'],
  score: ['score', 'similarity_score', 'similarity'],
  negative: ['negative', 'hard_negative', 'text_c', 'sentence3'],
};
const SHOWN_PROBLEMS = 20;

const textOf = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : undefined);

function scoreOf(value: unknown): number | undefined {
  const score = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof score === 'number' && Number.isFinite(score) ? score : undefined;
}

/**
 * Scores are read where the first row has their column.
 * @throws UserError dataset/no-column, dataset/empty, dataset/no-labels, dataset/one-label; dataset/* of reading
 */
export async function readPairs(file: string, asked: PairColumns): Promise<PairedData> {
  const rows: PairedText[] = [];
  const problems: RowProblem[] = [];
  let problemCount = 0;
  let columns: PairColumns | undefined;
  let scored = false;
  const report = (problem: RowProblem) => {
    problemCount += 1;
    if (problems.length < SHOWN_PROBLEMS) problems.push(problem);
  };
  for await (const batch of readRows(file)) {
    for (const { row, file: part, value, problem } of batch) {
      const place = part === undefined ? { row } : { row, file: part };
      if (!value) {
        report({ ...place, ...problem! });
        continue;
      }
      if (!columns) {
        columns = namesIn(file, value, asked);
        scored = Object.hasOwn(value, columns.score);
      }
      const [text, other] = [textOf(value[columns.text]), textOf(value[columns.other])];
      const score = scored ? scoreOf(value[columns.score]) : undefined;
      if (text === undefined || other === undefined) {
        const name = text === undefined ? columns.text : columns.other;
        report({ ...place, code: 'row/missing-field', message: `"${name}" has no text` });
      } else if (scored && score === undefined) {
        report({ ...place, code: 'row/no-answer', message: `"${columns.score}" is empty or not a number` });
      } else {
        const negative = scored ? undefined : textOf(value[columns.negative]);
        rows.push({ text, other, ...(scored ? { score } : {}), ...(negative === undefined ? {} : { negative }) });
      }
    }
  }
  if (!columns) throw nothingRead(file, problems[0]);
  if (rows.length === 0) throw new UserError('dataset/empty', `no row of ${file} has two texts`);
  const [{ score: first }] = rows;
  if (scored && rows.every(({ score }) => score === first)) {
    throw new UserError('dataset/one-label', `all ${rows.length} pairs have the score ${first}`);
  }
  return { rows, scored, problems, problemCount };
}

/** The columns asked for where there are such, else those usual for pairs. */
function namesIn(file: string, row: Row, asked: PairColumns): PairColumns {
  const pick = (which: keyof PairColumns) =>
    [asked[which], ...PAIR_COLUMNS[which]].find((name) => Object.hasOwn(row, name)) ?? asked[which];
  const names = { text: pick('text'), other: pick('other'), score: pick('score'), negative: pick('negative') };
  for (const which of ['text', 'other'] as const) {
    if (Object.hasOwn(row, names[which])) continue;
    const has = Object.keys(row).slice(0, 12).join(', ');
    throw new UserError('dataset/no-column', `${file} has no column "${names[which]}" (it has ${has})`);
  }
  return names;
}
