/** text and label: for classification. */

import { RowError } from '../types.ts';
import { columnOf, type DatasetFormat, hasText, textOf } from './format.ts';

const TEXT = ['text', 'sentence', 'content', 'review', 'utterance'];
const LABEL = ['label', 'labels', 'class', 'category', 'intent', 'target_label'];

export const textLabel: DatasetFormat = {
  name: 'text-label',
  columns: 'text, label',
  matches: (row) =>
    hasText(row, TEXT) && ['string', 'number', 'boolean'].includes(typeof row[columnOf(row, LABEL) ?? '']),
  normalise(row) {
    const text = textOf(row, TEXT);
    const label = textOf(row, LABEL);
    if (text.trim().length === 0) throw new RowError('row/empty', 'the text is empty');
    if (label.trim().length === 0) throw new RowError('row/no-answer', 'the label is empty');
    return { kind: 'labelled', text, label };
  },
};
