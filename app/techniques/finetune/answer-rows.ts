/** Rows for models that read an input and write an answer, out of data that holds the two behind one another. */
import type { AnswerRow } from './answer-batch.ts';
import { type BatchRow, IGNORED } from './batch.ts';

/** The answer begins at the first token that is learnt, and goes to the row's end; padding is left out. */
export function splitAtAnswer({ ids, labels, segments, examples }: BatchRow): AnswerRow {
  let end = ids.length;
  while (end > 0 && segments?.[end - 1] === 0) end -= 1;
  let begin = 0;
  while (begin < end && labels[begin] === IGNORED) begin += 1;
  return { ids: Array.from(ids).slice(0, begin), labels: Array.from(labels).slice(begin, end), example: examples?.[0] };
}

/** Inputs and answers side by side, as pre-tokenised files hold them: each without its own padding. */
export function twoSides({ ids, labels, segments, examples }: BatchRow): AnswerRow {
  let end = labels.length;
  while (end > 0 && labels[end - 1] === IGNORED) end -= 1;
  return {
    ids: Array.from(ids).filter((_, t) => segments?.[t] !== 0),
    labels: Array.from(labels).slice(0, end),
    example: examples?.[0],
  };
}
