/** Sentences as words with a tag each: lists in JSON or Parquet, or lines of word and tag. */
import { extname } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { type RowProblem, readConll, readRows, type SourceRow } from '../../datasets/index.ts';
import { type Columns, readBeside } from './labelled-rows.ts';

export interface TaggedSentence {
  readonly words: readonly string[];
  readonly tags: readonly string[];
}

export interface TaggedData {
  readonly rows: readonly TaggedSentence[];
  /** Sorted by code unit; the index is the id. */
  readonly labels: readonly string[];
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

/** In the files of such data sets the columns have one of these names. */
const WORD_COLUMNS = ['tokens', 'words'];
const TAG_COLUMNS = ['tags', 'ner_tags', 'labels'];
/** Endings that elsewhere mean something else. */
const LINES_OF_WORDS = new Set(['.txt', '.tsv']);
/** More than this are words, not tags. */
const MOST_TAGS = 1000;

/** Whether a file of this name holds a word and its tag in each line, where tags are wanted at all. */
export const isLinesOfWords = (file: string): boolean => LINES_OF_WORDS.has(extname(file).toLowerCase());

const sourceOf = (file: string): AsyncIterable<readonly SourceRow[]> =>
  isLinesOfWords(file) ? readConll(file) : readRows(file);

/**
 * @param known tags that the rows may have; absent: whichever they have
 * @throws UserError dataset/no-column, dataset/empty, dataset/no-labels, dataset/one-label, dataset/free-text-labels
 */
export async function readTagged(file: string, columns: Columns, known?: readonly string[]): Promise<TaggedData> {
  const { rows: read, ...rest } = await readBeside(sourceOf(file), {
    file,
    columns: await namesIn(file, columns),
    text: listOf,
    label: listOf,
    wanted: 'a list of tags',
    against: (words, tags) =>
      words.length === tags.length ? undefined : `${words.length} words with ${tags.length} tags`,
  });
  const rows = read.map(({ text: words, target: tags }) => ({ words, tags }));
  const met = new Set(rows.flatMap(({ tags }) => tags));
  const labels = known ?? [...met].sort((a, b) => (a < b ? -1 : 1));
  if (known) {
    const strange = [...met].find((tag) => !known.includes(tag));
    if (strange !== undefined)
      throw new UserError('dataset/no-labels', `${file} has the tag "${strange}", which was not learnt`);
  } else if (labels.length === 1) {
    throw new UserError('dataset/one-label', `all words of ${file} have the tag "${labels[0]}"`);
  } else if (labels.length > MOST_TAGS) {
    throw new UserError('dataset/free-text-labels', `${file} has ${labels.length} different tags`);
  }
  return { rows, labels, ...rest };
}

/** The columns asked for where there are such, else those usual for words and tags. */
async function namesIn(file: string, { text, label }: Columns): Promise<Columns> {
  for await (const batch of sourceOf(file)) {
    const has = (name: string) => batch.some(({ value }) => value && Object.hasOwn(value, name));
    if (!batch.some(({ value }) => value)) continue;
    const pick = (asked: string, usual: readonly string[]) => (has(asked) ? asked : (usual.find(has) ?? asked));
    return { text: pick(text, WORD_COLUMNS), label: pick(label, TAG_COLUMNS) };
  }
  return { text, label };
}

/** Undefined for what is no list, an empty one, or one that holds something else than words. */
function listOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.map((word) => (typeof word === 'number' ? String(word) : word));
  return words.every((word) => typeof word === 'string' && word.trim() !== '') ? words : undefined;
}
