/** prompt, chosen, rejected: for learning from preferences. */
import type { Message } from '../../models/chat-template.ts';
import { type Row, RowError } from '../types.ts';
import { readMessages } from './conversation.ts';
import { columnOf, type DatasetFormat, textOf } from './format.ts';

export const preference: DatasetFormat = {
  name: 'preference',
  columns: 'prompt, chosen, rejected',
  matches: (row) => columnOf(row, ['chosen']) !== undefined && columnOf(row, ['rejected']) !== undefined,
  normalise(row) {
    const chosen = side(row, 'chosen', 'assistant');
    const rejected = side(row, 'rejected', 'assistant');
    if (columnOf(row, ['prompt']) !== undefined) {
      const prompt = side(row, 'prompt', 'user');
      return { kind: 'preference', prompt, ...check(without(chosen, prompt), without(rejected, prompt)) };
    }
    let shared = 0;
    while (shared < Math.min(chosen.length, rejected.length) - 1 && same(chosen[shared], rejected[shared])) shared += 1;
    if (shared === 0) throw new RowError('row/missing-field', 'the field "prompt" is missing');
    return {
      kind: 'preference',
      prompt: chosen.slice(0, shared),
      ...check(chosen.slice(shared), rejected.slice(shared)),
    };
  },
};

function side(row: Row, field: string, role: string): readonly Message[] {
  return Array.isArray(row[field]) ? readMessages(row[field], field) : [{ role, content: textOf(row, [field]) }];
}

/** Some sets repeat the prompt at the head of both answers. */
function without(answer: readonly Message[], prompt: readonly Message[]): readonly Message[] {
  const repeats = answer.length > prompt.length && prompt.every((message, i) => same(message, answer[i]));
  return repeats ? answer.slice(prompt.length) : answer;
}

function same(a: Message, b: Message): boolean {
  return a.role === b.role && a.content === b.content;
}

function check(
  chosen: readonly Message[],
  rejected: readonly Message[],
): { chosen: readonly Message[]; rejected: readonly Message[] } {
  for (const [name, answer] of Object.entries({ chosen, rejected }))
    if (!answer.some((message) => typeof message.content === 'string' && message.content.trim().length > 0))
      throw new RowError('row/no-answer', `the field "${name}" is empty`);
  if (JSON.stringify(chosen) === JSON.stringify(rejected))
    throw new RowError('row/equal-answers', 'the fields "chosen" and "rejected" are equal');
  return { chosen, rejected };
}
