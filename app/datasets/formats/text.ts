/** Plain text: a column named text. */
import { RowError } from '../types.ts';
import { type DatasetFormat, hasText, textOf } from './format.ts';

const TEXT = ['text', 'content', 'document', 'body'];

export const plainText: DatasetFormat = {
  name: 'text',
  columns: 'text',
  matches: (row) => hasText(row, TEXT),
  normalise(row) {
    const text = textOf(row, TEXT);
    if (row.continues !== true && row.continues !== false && text.trim().length === 0)
      throw new RowError('row/empty', 'the text is empty');
    return { kind: 'text', text, ...(row.continues === true ? { continues: true } : {}) };
  },
};
