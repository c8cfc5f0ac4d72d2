/** prompt and completion: two texts, or two lists of messages. */
import { readMessages, requireAnswer } from './conversation.ts';
import { answerOf, columnOf, type DatasetFormat, textOf } from './format.ts';

const PROMPT = ['prompt'];
const COMPLETION = ['completion', 'response'];

export const promptCompletion: DatasetFormat = {
  name: 'prompt-completion',
  columns: 'prompt, completion',
  matches: (row) => columnOf(row, PROMPT) !== undefined && columnOf(row, COMPLETION) !== undefined,
  normalise(row) {
    const completion = columnOf(row, COMPLETION) ?? COMPLETION[0];
    if (!Array.isArray(row.prompt))
      return { kind: 'completion', prompt: textOf(row, PROMPT), completion: answerOf(row, COMPLETION) };
    const answer = Array.isArray(row[completion])
      ? readMessages(row[completion], completion)
      : [{ role: 'assistant', content: answerOf(row, COMPLETION) }];
    return { kind: 'chat', messages: requireAnswer([...readMessages(row.prompt, 'prompt'), ...answer]) };
  },
};
