/** Turns examples into an input and an answer, for models with an encoder and a decoder. */
import type { Message } from '../models/chat-template.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { type EncodedExample, IGNORED } from './encode.ts';
import { type Example, RowError } from './types.ts';

/**
 * The input's ids and behind them the answer's, which alone are learnt. Each closes with the end-of-text token and is cut to
 * `maxLength`. Of a conversation the last answer is learnt, and all that was said before is the input.
 * @throws RowError where a row has no input or no answer
 */
export function encodeSides(example: Example, tokenizer: Tokenizer, maxLength: number): EncodedExample {
  const { input, answer } = sidesOf(example);
  if (input.trim() === '') throw new RowError('row/empty', 'the row has nothing to answer to');
  if (answer.trim() === '') throw new RowError('row/no-answer', 'the answer is empty');
  const [before, after] = [input, answer].map((text) => closedSide(text, tokenizer, maxLength));
  return {
    ids: Int32Array.from([...before.ids, ...after.ids]),
    labels: Int32Array.from([...before.ids.map(() => IGNORED), ...after.ids]),
    truncated: before.truncated || after.truncated,
  };
}

/** A side as the model reads it: with its special tokens, closed with the end-of-text token. */
export function closedSide(text: string, tokenizer: Tokenizer, maxLength = Number.POSITIVE_INFINITY) {
  const { eosId } = tokenizer;
  let ids = tokenizer.encode(text, { special: true });
  if (eosId !== undefined && ids.at(-1) !== eosId) ids.push(eosId);
  const truncated = ids.length > maxLength;
  if (truncated) ids = eosId === undefined ? ids.slice(0, maxLength) : [...ids.slice(0, maxLength - 1), eosId];
  return { ids, truncated };
}

function sidesOf(example: Example): { readonly input: string; readonly answer: string } {
  switch (example.kind) {
    case 'completion':
      return { input: example.prompt, answer: example.completion };
    case 'pair':
      return { input: example.source, answer: example.target };
    case 'labelled':
      return { input: example.text, answer: example.label };
    case 'chat':
      return lastAnswer(example.messages);
    case 'preference':
      return lastAnswer([...example.prompt, ...example.chosen]);
    case 'text':
      throw new RowError('row/no-answer', 'a model with an encoder and a decoder learns from prompts and answers');
  }
}

function lastAnswer(messages: readonly Message[]): { input: string; answer: string } {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (last < 0) throw new RowError('row/no-answer', 'nothing is answered in this conversation');
  const said = messages.slice(0, last).map(({ content }) => String(content ?? ''));
  return { input: said.join('\n'), answer: String(messages[last].content ?? '') };
}
