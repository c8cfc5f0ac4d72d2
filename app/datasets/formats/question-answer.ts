/** question and answer columns, with an optional context before the question. */
import { answerOf, type DatasetFormat, hasText, optionalText, textOf } from './format.ts';

const QUESTION = ['question', 'Question', 'query', 'q', 'Q'];
const ANSWER = ['answer', 'Answer', 'response', 'a', 'A'];

export const questionAnswer: DatasetFormat = {
  name: 'question-answer',
  columns: 'question, answer; optional context',
  matches: (row) => hasText(row, QUESTION) && hasText(row, ANSWER),
  normalise(row) {
    const question = textOf(row, QUESTION);
    const context = optionalText(row, ['context']) ?? '';
    const content = context.trim().length > 0 ? `${context}\n\n${question}` : question;
    const messages = [
      { role: 'user', content },
      { role: 'assistant', content: answerOf(row, ANSWER) },
    ];
    return { kind: 'chat', messages };
  },
};
