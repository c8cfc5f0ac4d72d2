/** Which task a data set is for, and which of its columns are read: by their names, else by what is in them. Pure. */
import { PAIR_COLUMNS } from './paired-rows.ts';
import type { ScannedColumn } from './scan-columns.ts';
import type { TransferOptions } from './schema.ts';

export type TaskName = TransferOptions['task'];

export interface FoundColumns {
  readonly text?: string;
  readonly label?: string;
  /** Of pairs. */
  readonly other?: string;
  readonly negative?: string;
}

const TEXT_NAMES = [
  'text',
  'tokens',
  'words',
  'text_a',
  'sentence1',
  'sentence',
  'utterance',
  'content',
  'message',
  'body',
  'review',
  'question',
  'prompt',
  'title',
];
const LABEL_NAMES = [
  'label',
  'labels',
  'class',
  'category',
  'intent',
  'topic',
  'sentiment',
  'target',
  'tag',
  'tags',
  'ner_tags',
  'score',
  'answer',
];
const NUMBER_NAMES = ['score', 'rating', 'stars', 'grade', 'price', 'value', 'target', 'label'];
const LIST_NAMES = ['labels', 'tags', 'categories', 'topics', 'genres', 'label'];
const TAG_NAMES = ['tags', 'ner_tags', 'pos_tags', 'labels'];
/** More whole numbers than this are counted, not told apart. */
const MOST_NUMBERED_CLASSES = 20;
/** Shorter on average: names and numbers, not texts. */
const SHORTEST_TEXT = 8;

type Columns = readonly ScannedColumn[];

const named = (columns: Columns, names: readonly string[]): string | undefined =>
  names.flatMap((wanted) => columns.filter(({ name }) => name.toLowerCase() === wanted))[0]?.name;

const without = (columns: Columns, ...taken: readonly (string | undefined)[]): Columns =>
  columns.filter(({ name }) => !taken.includes(name));

const areLists = ({ lists, filled }: ScannedColumn): boolean => lists > 0 && lists >= filled / 2;
const areNumbers = ({ numbers, filled }: ScannedColumn): boolean => filled > 0 && numbers === filled;
const areSets = (column: ScannedColumn): boolean => areLists(column) || column.parted > column.filled / 10;
const areTexts = (column: ScannedColumn): boolean =>
  !areLists(column) && !areNumbers(column) && column.filled > 0 && column.meanLength >= SHORTEST_TEXT;

const longest = (columns: Columns): string | undefined =>
  [...columns].sort((a, b) => b.meanLength - a.meanLength)[0]?.name;

/** What the columns look as if they were made for; a class for each text where nothing speaks against it. */
export function guessTask(columns: Columns): TaskName {
  const words = columns.filter((column) => areLists(column));
  if (named(words, ['tokens', 'words']) && named(words, TAG_NAMES)) return 'token-classification';
  const texts = columns.filter((column) => areTexts(column));
  if (named(texts, PAIR_COLUMNS.text) && named(texts, PAIR_COLUMNS.other)) {
    const rest = columns.filter((column) => !areTexts(column));
    if (rest.every((column) => areNumbers(column))) return 'similarity';
  }
  const label = findLabel(columns, 'classification', undefined);
  const column = columns.find(({ name }) => name === label);
  if (!column) {
    if (columns.some((one) => areSets(one))) return 'multi-label';
    // Numbers that hardly come twice are no classes; with nothing else beside the texts they are what is to be learnt.
    return columns.some((one) => areNumbers(one) && one.fractions > 0) ? 'regression' : 'classification';
  }
  if (areSets(column)) return 'multi-label';
  const counted = column.fractions > 0 || column.distinct > MOST_NUMBERED_CLASSES;
  return areNumbers(column) && counted ? 'regression' : 'classification';
}

/** @param asked columns that the user chose */
export function findColumns(columns: Columns, task: TaskName, asked: FoundColumns): FoundColumns {
  if (task === 'similarity') return findPair(columns, asked);
  const label = asked.label ?? findLabel(columns, task, asked.text);
  return { text: asked.text ?? findText(columns, task, label), label };
}

function findPair(columns: Columns, asked: FoundColumns): FoundColumns {
  const texts = columns.filter((column) => areTexts(column));
  const text = asked.text ?? named(texts, PAIR_COLUMNS.text) ?? longest(without(texts, asked.other));
  const rest = without(texts, text);
  const other = asked.other ?? named(rest, PAIR_COLUMNS.other) ?? longest(rest);
  const negative = asked.negative ?? named(without(rest, other), PAIR_COLUMNS.negative);
  const scores = columns.filter((column) => areNumbers(column));
  return { text, other, negative, label: asked.label ?? named(scores, PAIR_COLUMNS.score) };
}

/** By its name, else the column with the fewest values that come again and again. */
function findLabel(columns: Columns, task: TaskName, text: string | undefined): string | undefined {
  const others = without(columns, text);
  if (task === 'multi-label' || task === 'token-classification') {
    const sets = others.filter((column) => (task === 'multi-label' ? areSets(column) : areLists(column)));
    const names = task === 'multi-label' ? LIST_NAMES : TAG_NAMES;
    return named(sets, names) ?? [...sets].sort((a, b) => a.distinct - b.distinct)[0]?.name ?? named(others, names);
  }
  if (task === 'regression') {
    const numbers = others.filter((column) => areNumbers(column));
    // Row numbers are as many as there are rows, and whole.
    const likely = numbers.filter(({ name, fractions, distinct, filled }) =>
      /^(id|index|number|row|#)$/i.test(name) ? false : fractions > 0 || distinct < filled,
    );
    const most = [...likely].sort((a, b) => b.fractions - a.fractions || b.distinct - a.distinct)[0]?.name;
    return named(numbers, NUMBER_NAMES) ?? most ?? numbers[0]?.name;
  }
  const repeated = others.filter(({ distinct, filled }) => distinct >= 2 && distinct <= filled / 2);
  return named(others, LABEL_NAMES) ?? [...repeated].sort((a, b) => a.distinct - b.distinct)[0]?.name;
}

/** By its name, else the column with the longest values. */
function findText(columns: Columns, task: TaskName, label: string | undefined): string | undefined {
  const others = without(columns, label);
  const fit = others.filter((column) => areLists(column) === (task === 'token-classification') && column.filled > 0);
  return named(fit, TEXT_NAMES) ?? longest(fit) ?? longest(others.filter(({ filled }) => filled > 0));
}
