/** OpenAI's chat format: a list of { role, content }. */
import { readMessages, requireAnswer } from './conversation.ts';
import { columnOf, type DatasetFormat } from './format.ts';
import { speaks } from './shapes.ts';

const LIST = ['messages', 'conversation', 'conversations', 'dialog', 'dialogue', 'chat'];

export const messages: DatasetFormat = {
  name: 'messages',
  columns: 'messages: [{ role, content }], optional tools',
  matches: (row) => LIST.some((name) => speaks(row[name], 'role', 'content')),
  normalise(row) {
    const field = columnOf(row, LIST) ?? LIST[0];
    const tools = Array.isArray(row.tools) && row.tools.length > 0 ? { tools: row.tools as unknown[] } : {};
    return { kind: 'chat', messages: requireAnswer(readMessages(row[field], field)), ...tools };
  },
};
