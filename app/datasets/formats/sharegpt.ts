/** ShareGPT: conversations: [{ from: human | gpt | system, value }]. */
import { readMessages, requireAnswer } from './conversation.ts';
import { columnOf, type DatasetFormat } from './format.ts';
import { speaks } from './shapes.ts';

const LIST = ['conversations', 'conversation', 'messages'];

export const shareGpt: DatasetFormat = {
  name: 'sharegpt',
  columns: 'conversations: [{ from, value }], optional system',
  matches: (row) => LIST.some((name) => speaks(row[name], 'from', 'value')),
  normalise(row) {
    const field = columnOf(row, LIST) ?? LIST[0];
    const list = requireAnswer(readMessages(row[field], field));
    const system = typeof row.system === 'string' && row.system.length > 0 && list[0].role !== 'system';
    return { kind: 'chat', messages: system ? [{ role: 'system', content: row.system }, ...list] : list };
  },
};
