/** source and target: translation, summarising and the like. */
import { answerOf, type DatasetFormat, hasText, textOf } from './format.ts';

const SOURCE = ['source', 'src', 'input', 'article'];
const TARGET = ['target', 'tgt', 'output', 'summary', 'translation'];

export const sourceTarget: DatasetFormat = {
  name: 'source-target',
  columns: 'source, target',
  matches: (row) => hasText(row, SOURCE) && hasText(row, TARGET),
  normalise: (row) => ({ kind: 'pair', source: textOf(row, SOURCE), target: answerOf(row, TARGET) }),
};
