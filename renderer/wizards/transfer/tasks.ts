/** What the wizard offers to learn: each a task of the technique with the settings that it needs. */
import type { WizardForm } from '../frame/plan.ts';
import type { ColumnKey } from './plan.ts';

export const KINDS = {
  classes: {
    title: 'One class of several',
    words: 'a topic, an intent, spam or not',
    options: { task: 'classification', fewShot: false },
  },
  few: {
    title: 'One class, from few examples',
    words: '8 to 64 texts of each class: pairs of them move the whole model, then a head learns',
    options: { task: 'classification', fewShot: true, method: 'head' },
  },
  labels: {
    title: 'Any number of labels',
    words: 'a list, or names parted by | or ;',
    options: { task: 'multi-label', fewShot: false },
  },
  number: {
    title: 'A number',
    words: 'a price, a grade, stars',
    options: { task: 'regression', fewShot: false },
  },
  tags: {
    title: 'A tag for each word',
    words: 'names of people and places: lists of words and of tags, or lines of word and tag (.conll)',
    options: { task: 'token-classification', fewShot: false },
  },
  similar: {
    title: 'Which texts are alike',
    words: 'pairs of texts, with a number that says how alike they are or without; or triples, the third not alike',
    options: { task: 'similarity', fewShot: false },
  },
} as const;
export type Kind = keyof typeof KINDS;

export function kindOf({ task, fewShot }: WizardForm['options']): Kind {
  if (fewShot === true) return 'few';
  // Of the tasks only classes have two kinds.
  const kinds = Object.keys(KINDS) as Kind[];
  return kinds.find((kind) => kind !== 'few' && KINDS[kind].options.task === task) ?? 'classes';
}

/** What the columns of each kind hold, in the order in which they are asked for. */
export function askedColumns(
  kind: Kind,
): readonly { readonly key: ColumnKey; readonly title: string; readonly words: string; readonly optional?: boolean }[] {
  const text = { key: 'text', title: 'Texts', words: 'what is read' } as const;
  switch (kind) {
    case 'labels':
      return [text, { key: 'label', title: 'Labels', words: 'all that hold, in one cell' }];
    case 'number':
      return [text, { key: 'label', title: 'Numbers', words: 'what it is to say of a text' }];
    case 'tags':
      return [
        { key: 'text', title: 'Words', words: 'lists of them' },
        { key: 'label', title: 'Tags', words: 'a list as long' },
      ];
    case 'similar':
      return [
        { key: 'text', title: 'First texts', words: 'such as questions' },
        { key: 'other', title: 'Second texts', words: 'alike, or compared by the score' },
        { key: 'label', title: 'Scores', words: 'how alike the two are', optional: true },
        { key: 'negative', title: 'Third texts', words: 'not alike the first ones', optional: true },
      ];
    default:
      return [text, { key: 'label', title: 'Labels', words: 'what it is to say of a text' }];
  }
}
