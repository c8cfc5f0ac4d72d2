/** Which column of a data set holds texts and which one classes, how many of each there are, and what speaks against it. */
import { UserError } from '../../contract/errors.ts';
import type { Failure } from '../../contract/shared.ts';
import { type Row, readRows } from '../../datasets/index.ts';
import { assertLearnable } from './labelled-rows.ts';

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

export interface LabelFacts {
  readonly rows: number;
  /** Rows with a text and a label. */
  readonly usableRows: number;
  readonly columns: readonly ColumnFacts[];
  /** As asked for, or found. */
  readonly text?: string;
  readonly label?: string;
  /** Most frequent first; the first of them where there are very many. */
  readonly classes: readonly { readonly label: string; readonly count: number }[];
  readonly classCount: number;
  /** Characters of all texts that can be used. */
  readonly characters: number;
  readonly problem?: Failure;
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
/** Values of a column that are told apart. */
const MOST_DISTINCT = 2000;
const SHOWN_CLASSES = 200;
const EXAMPLES = 3;
const EXAMPLE_LENGTH = 80;

interface Column {
  filled: number;
  length: number;
  readonly values: Map<string, number>;
}

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
};

/**
 * Reads the data set once, or twice where columns have to be found first.
 * @throws UserError dataset/unreadable, dataset/empty, file/*
 */
export async function labelFacts(
  path: string,
  asked: { readonly text?: string; readonly label?: string; readonly task?: string } = {},
): Promise<LabelFacts> {
  const columns = new Map<string, Column>();
  let rows = 0;
  for await (const batch of readRows(path)) {
    for (const { value } of batch) {
      if (!value) continue;
      rows += 1;
      for (const [name, content] of Object.entries(value)) add(columns, name, shownOf(content));
    }
  }
  if (rows === 0) throw new UserError('dataset/empty', `${path} has no rows that can be read`);
  const facts = [...columns].map(([name, column]) => factsOf(name, column));
  const label = asked.label ?? findLabel(facts, asked.text);
  const text = asked.text ?? findText(facts, label);
  if (text === undefined || label === undefined) {
    const what = text === undefined ? 'texts' : 'classes';
    const problem = failure(new UserError('dataset/no-column', `no column looks as if it held ${what}`));
    return { rows, usableRows: 0, columns: facts, text, label, classes: [], classCount: 0, characters: 0, problem };
  }
  const isClasses = asked.task === undefined || asked.task === 'classification';
  const found = isClasses ? await classesOf(path, text, label) : await usableOf(path, text, label);
  return { rows, columns: facts, text, label, ...found };
}

function add(columns: Map<string, Column>, name: string, content: string | undefined): void {
  const column = columns.get(name) ?? { filled: 0, length: 0, values: new Map<string, number>() };
  columns.set(name, column);
  if (content === undefined) return;
  column.filled += 1;
  column.length += content.length;
  const known = column.values.get(content);
  if (known !== undefined || column.values.size < MOST_DISTINCT) column.values.set(content, (known ?? 0) + 1);
}

const factsOf = (name: string, { filled, length, values }: Column): ColumnFacts => ({
  name,
  filled,
  distinct: values.size,
  meanLength: filled === 0 ? 0 : length / filled,
  examples: [...values.keys()].slice(0, EXAMPLES).map((value) => value.slice(0, EXAMPLE_LENGTH)),
});

const named = (facts: readonly ColumnFacts[], names: readonly string[]): string | undefined =>
  names.flatMap((wanted) => facts.filter(({ name }) => name.toLowerCase() === wanted))[0]?.name;

/** By its name, else the column with the fewest values that come again and again. */
function findLabel(facts: readonly ColumnFacts[], text: string | undefined): string | undefined {
  const others = facts.filter(({ name }) => name !== text);
  const repeated = others.filter(({ distinct, filled }) => distinct >= 2 && distinct <= filled / 2);
  return named(others, LABEL_NAMES) ?? repeated.sort((a, b) => a.distinct - b.distinct)[0]?.name;
}

/** By its name, else the column with the longest values. */
function findText(facts: readonly ColumnFacts[], label: string | undefined): string | undefined {
  const others = facts.filter(({ name, filled }) => name !== label && filled > 0);
  return named(others, TEXT_NAMES) ?? others.sort((a, b) => b.meanLength - a.meanLength)[0]?.name;
}

/** Lists are shown as their words. */
const shownOf = (value: unknown): string | undefined =>
  Array.isArray(value) ? textOf(value.map(String).join(' ')) : textOf(value);

/** Where labels are no classes, what is there is all that can be said. */
async function usableOf(path: string, text: string, label: string) {
  let [usableRows, characters] = [0, 0];
  for await (const batch of readRows(path)) {
    for (const { value } of batch) {
      const content = shownOf(value?.[text]);
      // No labels at all are a list too.
      if (content === undefined || (shownOf(value?.[label]) ?? value?.[label]) == null) continue;
      usableRows += 1;
      characters += content.length;
    }
  }
  const none = new UserError('dataset/no-labels', `no row has both "${text}" and "${label}"`);
  const problem = usableRows === 0 ? failure(none) : undefined;
  return { usableRows, characters, classes: [], classCount: 0, problem };
}

async function classesOf(path: string, text: string, label: string) {
  const counts = new Map<string, number>();
  let [usableRows, characters] = [0, 0];
  for await (const batch of readRows(path)) {
    for (const { value } of batch) {
      const [content, name] = [textOf(value?.[text]), textOf((value as Row | undefined)?.[label])?.trim()];
      if (content === undefined || name === undefined) continue;
      usableRows += 1;
      characters += content.length;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const classes = [...counts].map(([name, count]) => ({ label: name, count })).sort((a, b) => b.count - a.count);
  let problem: LabelFacts['problem'];
  try {
    if (usableRows === 0) throw new UserError('dataset/no-labels', `no row has both "${text}" and "${label}"`);
    assertLearnable(counts, label);
  } catch (error) {
    problem = failure(error);
  }
  return { usableRows, characters, classes: classes.slice(0, SHOWN_CLASSES), classCount: classes.length, problem };
}

function failure(error: unknown): Failure {
  if (!(error instanceof UserError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}
