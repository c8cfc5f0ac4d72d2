/** Turns a preference into two examples that differ in their answers. */
import type { EncodedExample, ExampleEncoder } from './encode.ts';
import { type Example, RowError } from './types.ts';

/**
 * The chosen answer and the rejected one, each behind the prompt.
 * @throws RowError for other kinds of rows, and where an answer is beyond the limit or both are alike within it
 */
export function encodePreference(example: Example, encoder: ExampleEncoder): [EncodedExample, EncodedExample] {
  if (example.kind !== 'preference') {
    throw new RowError('row/missing-field', 'preferences need the fields "chosen" and "rejected"');
  }
  const encode = (answer: typeof example.chosen) =>
    encoder.encode({ kind: 'chat', messages: [...example.prompt, ...answer] });
  const [chosen, rejected] = [encode(example.chosen), encode(example.rejected)];
  const { length } = chosen.ids;
  if (length === rejected.ids.length && chosen.ids.every((id, i) => id === rejected.ids[i])) {
    throw new RowError('row/equal-answers', `both answers are the same within the first ${length} tokens`);
  }
  return [chosen, rejected];
}
