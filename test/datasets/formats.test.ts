import { describe, expect, it } from 'vitest';
import { openExamples } from '../../app/datasets/examples.ts';
import { FORMATS, formatNamed, recogniseFormat } from '../../app/datasets/formats/index.ts';
import type { Example, Row } from '../../app/datasets/types.ts';
import { fileWith, jsonl } from './folder.ts';

const user = { role: 'user', content: 'Q' };
const assistant = { role: 'assistant', content: 'A' };

/** Format name, a row in it, and what it becomes. */
const GOOD: readonly [string, Row, Example][] = [
  ['messages', { messages: [user, assistant] }, { kind: 'chat', messages: [user, assistant] }],
  ['messages', { conversations: [user, assistant] }, { kind: 'chat', messages: [user, assistant] }],
  [
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'Q' }] }, assistant], tools: [{ name: 'f' }] },
    { kind: 'chat', messages: [user, assistant], tools: [{ name: 'f' }] },
  ],
  [
    'messages',
    { messages: [user, { role: 'assistant', content: null, tool_calls: [{ id: 1 }] }] },
    { kind: 'chat', messages: [user, { role: 'assistant', content: '', tool_calls: [{ id: 1 }] }] },
  ],
  [
    'sharegpt',
    {
      conversations: [
        { from: 'human', value: 'Q' },
        { from: 'gpt', value: 'A' },
      ],
      system: 'S',
    },
    { kind: 'chat', messages: [{ role: 'system', content: 'S' }, user, assistant] },
  ],
  ['alpaca', { instruction: 'Q', input: '', output: 'A' }, { kind: 'chat', messages: [user, assistant] }],
  [
    'alpaca',
    { instruction: 'Q', input: 'I', output: 'A' },
    { kind: 'chat', messages: [{ role: 'user', content: 'Q\n\nI' }, assistant] },
  ],
  ['prompt-completion', { prompt: 'Q', completion: 'A' }, { kind: 'completion', prompt: 'Q', completion: 'A' }],
  ['prompt-completion', { prompt: [user], completion: [assistant] }, { kind: 'chat', messages: [user, assistant] }],
  ['question-answer', { id: 7, question: 'Q', answer: 'A' }, { kind: 'chat', messages: [user, assistant] }],
  [
    'question-answer',
    { context: 'C', question: 'Q', answer: 'A' },
    { kind: 'chat', messages: [{ role: 'user', content: 'C\n\nQ' }, assistant] },
  ],
  ['text', { text: 'T' }, { kind: 'text', text: 'T' }],
  ['text-label', { text: 'T', label: 1 }, { kind: 'labelled', text: 'T', label: '1' }],
  ['source-target', { source: 'S', target: 'T' }, { kind: 'pair', source: 'S', target: 'T' }],
  [
    'preference',
    { prompt: 'Q', chosen: 'A', rejected: 'B' },
    { kind: 'preference', prompt: [user], chosen: [assistant], rejected: [{ role: 'assistant', content: 'B' }] },
  ],
  [
    'preference',
    { chosen: [user, assistant], rejected: [user, { role: 'assistant', content: 'B' }] },
    { kind: 'preference', prompt: [user], chosen: [assistant], rejected: [{ role: 'assistant', content: 'B' }] },
  ],
];

describe('a row', () => {
  it.each(GOOD)('of %s is recognised and brought into the common form: %j', (name, row, example) => {
    expect(recogniseFormat([row], 'x').name).toBe(name);
    expect(formatNamed(name).normalise(row)).toEqual(example);
  });

  it.each<[string, Row, string]>([
    ['messages', { messages: [] }, 'row/empty'],
    ['messages', { messages: 'text' }, 'row/wrong-type'],
    ['messages', { messages: [user] }, 'row/no-answer'],
    ['messages', { messages: [user, { role: 'assistant', content: ' ' }] }, 'row/no-answer'],
    ['messages', { messages: [{ role: 'wizard', content: 'x' }] }, 'row/wrong-type'],
    ['messages', { messages: [{ content: 'x' }] }, 'row/missing-field'],
    ['messages', { messages: [{ role: 'user' }] }, 'row/missing-field'],
    ['messages', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'row/wrong-type'],
    ['alpaca', { instruction: 'Q' }, 'row/missing-field'],
    ['alpaca', { instruction: 'Q', output: '' }, 'row/no-answer'],
    ['prompt-completion', { prompt: 'Q', completion: {} }, 'row/wrong-type'],
    ['text', { text: '  ' }, 'row/empty'],
    ['text-label', { text: 'T', label: '' }, 'row/no-answer'],
    ['preference', { prompt: 'Q', chosen: 'A', rejected: '' }, 'row/no-answer'],
    ['preference', { prompt: 'Q', chosen: 'A', rejected: 'A' }, 'row/equal-answers'],
    ['preference', { chosen: 'A', rejected: 'B' }, 'row/missing-field'],
  ])('of %s is refused when wrong: %j', (name, row, code) => {
    expect(() => formatNamed(name).normalise(row)).toThrow(expect.objectContaining({ code }));
  });

  it('of no format is an error that names the columns', () => {
    expect(() => recogniseFormat([{ foo: 1, bar: 2 }], 'x.csv')).toThrow(
      expect.objectContaining({ code: 'dataset/unknown-format', message: expect.stringContaining('foo, bar') }),
    );
    expect(() => formatNamed('nonsense')).toThrow(expect.objectContaining({ code: 'arguments/invalid' }));
  });

  it('has a format of its own name', () => {
    expect(new Set(FORMATS.map((format) => format.name)).size).toBe(FORMATS.length);
  });
});

describe('a data set', () => {
  it('takes the format of most rows and reports the others', async () => {
    const rows = [{ text: 'odd' }, ...Array.from({ length: 9 }, () => ({ question: 'Q', answer: 'A' }))];
    const reader = await openExamples(await fileWith('x.jsonl', jsonl(rows)));
    expect(reader.format).toBe('question-answer');
    const all = [];
    for await (const batch of reader.rows) all.push(...batch);
    expect(all[0].problem).toMatchObject({ row: 1, code: 'row/missing-field' });
    expect(all.slice(1).every((row) => row.example?.kind === 'chat')).toBe(true);
  });

  it('can be told its format and columns', async () => {
    const file = await fileWith('x.csv', 'Frage,Antwort\nQ,A\n');
    await expect(openExamples(file)).rejects.toMatchObject({ code: 'dataset/unknown-format' });
    const columns = { prompt: 'Frage', completion: 'Antwort' };
    const reader = await openExamples(file, { columns, format: 'prompt-completion' });
    expect((await reader.rows.next()).value).toEqual([
      { row: 2, example: { kind: 'completion', prompt: 'Q', completion: 'A' } },
    ]);
  });

  it('is refused when empty, unreadable throughout, or not of the named format', async () => {
    await expect(openExamples(await fileWith('x.jsonl', ''))).rejects.toMatchObject({ code: 'dataset/empty' });
    await expect(openExamples(await fileWith('x.csv', 'a,b\n'))).rejects.toMatchObject({ code: 'dataset/empty' });
    await expect(openExamples(await fileWith('x.jsonl', 'oops\n'))).rejects.toMatchObject({
      code: 'dataset/unreadable',
    });
    const file = await fileWith('x.jsonl', jsonl([{ text: 'a' }]));
    await expect(openExamples(file, { format: 'messages' })).rejects.toMatchObject({ code: 'dataset/unknown-format' });
  });
});
