/** From rows of a task to what the model reads: a text as a whole, or the words of a sentence in one or several pieces. */
import { encodeTexts } from '../../models/encode-texts.ts';
import { encodeWords } from '../../models/encode-words.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import type { Target } from './objective.ts';
import type { TaskRow } from './tasks/task.ts';
import type { TrainingText } from './train-full.ts';

/** @param onCut called for each text that is longer than what is read of it at once */
export function encodeRows(
  tokenizer: Tokenizer,
  rows: readonly TaskRow[],
  maxLength: number,
  onCut: () => void,
): TrainingText[] {
  return rows.flatMap(({ text, target, words }) => {
    if (!words) {
      const [ids] = encodeTexts(tokenizer, [text], maxLength, onCut);
      return [{ ids, targets: [target as Target] }];
    }
    const pieces = encodeWords(tokenizer, words, maxLength);
    if (pieces.length > 1) onCut();
    let at = 0;
    return pieces.map(({ ids, places }) => {
      at += places.length;
      return { ids, places, targets: Array.from((target as Int32Array).subarray(at - places.length, at)) };
    });
  });
}

/** Targets of a row: one, or one for each word. */
export const targetCount = ({ words }: TaskRow): number => words?.length ?? 1;

/**
 * Which of the vectors of some texts have a target.
 * @param starts first vector of each text, from `startsOf`
 */
export const vectorRows = (texts: readonly TrainingText[], starts: ArrayLike<number>): number[] =>
  texts.flatMap(({ places }, i) => places?.map((place) => starts[i] + place) ?? [starts[i]]);
