/** What the wizard offers to learn: each a task of the technique with the settings that it needs. */
import type { WizardForm } from '../frame/plan.ts';

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
} as const;
export type Kind = keyof typeof KINDS;

export function kindOf({ task, fewShot }: WizardForm['options']): Kind {
  if (fewShot === true) return 'few';
  const kinds = Object.keys(KINDS) as Kind[];
  return kinds.find((kind) => kind !== 'few' && KINDS[kind].options.task === task) ?? 'classes';
}
