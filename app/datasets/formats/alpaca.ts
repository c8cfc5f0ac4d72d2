/** Alpaca: instruction, optional input, output. */
import { answerOf, type DatasetFormat, hasText, optionalText, textOf } from './format.ts';

const OUTPUT = ['output', 'response'];

export const alpaca: DatasetFormat = {
  name: 'alpaca',
  columns: 'instruction, optional input, output; optional system',
  matches: (row) => hasText(row, ['instruction']) && hasText(row, OUTPUT),
  normalise(row) {
    const instruction = textOf(row, ['instruction']);
    const input = optionalText(row, ['input', 'context']) ?? '';
    const system = optionalText(row, ['system']);
    const question = input.trim().length > 0 ? `${instruction}\n\n${input}` : instruction;
    const turns = [
      { role: 'user', content: question },
      { role: 'assistant', content: answerOf(row, OUTPUT) },
    ];
    return { kind: 'chat', messages: system ? [{ role: 'system', content: system }, ...turns] : turns };
  },
};
