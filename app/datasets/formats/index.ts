/** All formats, the most telling first: where a row could be two of them, the earlier wins. */
import { UserError } from '../../contract/errors.ts';
import type { Row } from '../types.ts';
import { alpaca } from './alpaca.ts';
import type { DatasetFormat } from './format.ts';
import { messages } from './messages.ts';
import { preference } from './preference.ts';
import { promptCompletion } from './prompt-completion.ts';
import { questionAnswer } from './question-answer.ts';
import { shareGpt } from './sharegpt.ts';
import { sourceTarget } from './source-target.ts';
import { plainText } from './text.ts';
import { textLabel } from './text-label.ts';

export const FORMATS: readonly DatasetFormat[] = [
  preference,
  messages,
  shareGpt,
  alpaca,
  promptCompletion,
  questionAnswer,
  textLabel,
  sourceTarget,
  plainText,
];

/** The format of pre-tokenised safetensors files, which have no rows to recognise. */
export const TOKENS_FORMAT = 'tokens';

/** @throws UserError arguments/invalid */
export function formatNamed(name: string): DatasetFormat {
  const found = FORMATS.find((format) => format.name === name);
  if (found) return found;
  throw new UserError(
    'arguments/invalid',
    `there is no format "${name}"; there are ${FORMATS.map((f) => f.name).join(', ')}`,
  );
}

/**
 * The format that most of `rows` look like.
 * @throws UserError dataset/unknown-format
 */
export function recogniseFormat(rows: readonly Row[], source: string): DatasetFormat {
  const counts = FORMATS.map((format) => rows.filter((row) => format.matches(row)).length);
  const most = Math.max(...counts);
  if (most > 0) return FORMATS[counts.indexOf(most)];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 20).join(', ');
  throw new UserError('dataset/unknown-format', `${source} has the columns ${columns}, which fit no known format`);
}
