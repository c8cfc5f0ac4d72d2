/** Questions with known answers out of the user's chats, and which of them serve what. */
import { hashText } from '../../datasets/hash.ts';
import { openExamples } from '../../datasets/index.ts';
import type { Message } from '../../models/chat-template.ts';
import type { AdaptOptions } from './schema.ts';

export interface ChatData {
  readonly file: string;
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
}

export interface Question {
  readonly messages: readonly Message[];
  readonly reference: string;
}

export async function readQuestions({ file, format, columns }: ChatData): Promise<Question[]> {
  const { rows } = await openExamples(file, { format, columns });
  const questions: Question[] = [];
  for await (const batch of rows) {
    for (const { example } of batch) {
      if (example?.kind === 'completion')
        questions.push({ messages: [{ role: 'user', content: example.prompt }], reference: example.completion });
      if (example?.kind !== 'chat') continue;
      const last = example.messages.findLastIndex(({ role }) => role === 'assistant');
      const content = example.messages[last]?.content;
      if (last > 0 && typeof content === 'string')
        questions.push({ messages: example.messages.slice(0, last), reference: content });
    }
  }
  return questions;
}

export interface QuestionParts {
  readonly tuning: readonly Question[];
  readonly calibration: readonly Question[];
  readonly test: readonly Question[];
}

/** Nothing is learnt: all rows serve the promise, in the proportion of their shares. */
export function splitQuestions(
  rows: readonly Question[],
  { tuning, calibration, heldOut, seed }: AdaptOptions,
): QuestionParts {
  const salt = Math.imul(seed + 1, 0x9e3779b1);
  const placed = rows
    .map((row) => ({ row, place: hashText(JSON.stringify(row.messages), salt) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
  const whole = tuning + calibration + heldOut;
  const first = Math.round((tuning / whole) * rows.length);
  const second = first + Math.round((calibration / whole) * rows.length);
  return { tuning: placed.slice(0, first), calibration: placed.slice(first, second), test: placed.slice(second) };
}
