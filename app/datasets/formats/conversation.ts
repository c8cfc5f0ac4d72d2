/** Reads lists of messages, in OpenAI's spelling (role, content) and ShareGPT's (from, value). */
import type { Message } from '../../models/chat-template.ts';
import { RowError } from '../types.ts';
import { isMessageList } from './shapes.ts';

const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  prompter: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  bing: 'assistant',
  model: 'assistant',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
  function_response: 'tool',
  observation: 'tool',
  ipython: 'tool',
};

/** @throws RowError row/wrong-type, row/missing-field, row/empty */
export function readMessages(value: unknown, field: string): readonly Message[] {
  if (!isMessageList(value)) throw new RowError('row/wrong-type', `the field "${field}" is not a list of messages`);
  if (value.length === 0) throw new RowError('row/empty', `the field "${field}" is an empty list`);
  return value.map((message, i) => readMessage(message, `${field}[${i}]`));
}

function readMessage(message: Readonly<Record<string, unknown>>, where: string): Message {
  const { role, from, content, value, ...rest } = message;
  const name = role ?? from;
  if (typeof name !== 'string') throw new RowError('row/missing-field', `${where} has no role`);
  const known = ROLES[name.toLowerCase()];
  if (!known) throw new RowError('row/wrong-type', `${where} has the unknown role "${name.slice(0, 40)}"`);
  return { role: known, content: readContent(content ?? value, where, 'tool_calls' in rest), ...rest };
}

/** Text, or OpenAI's list of parts; only a message that calls tools may have none. */
function readContent(content: unknown, where: string, callsTools: boolean): string {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) {
    if (callsTools) return '';
    throw new RowError('row/missing-field', `${where} has no content`);
  }
  if (!Array.isArray(content)) throw new RowError('row/wrong-type', `the content of ${where} is not text`);
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      const { text } = (part ?? {}) as { text?: unknown };
      if (typeof text !== 'string') throw new RowError('row/wrong-type', `${where} holds something other than text`);
      return text;
    })
    .join('');
}

/** @throws RowError row/no-answer unless some assistant message says something (or calls a tool) */
export function requireAnswer(messages: readonly Message[]): readonly Message[] {
  const answers = messages.some(
    (message) =>
      message.role === 'assistant' &&
      (message.tool_calls !== undefined || (typeof message.content === 'string' && message.content.trim().length > 0)),
  );
  if (!answers) throw new RowError('row/no-answer', 'no message is from the assistant');
  return messages;
}
