/** Tools: how calls are read from an answer as it comes, and what OpenAI's own client makes of them. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STARTER } from '../../../app/models/library.ts';
import { listen, type ServedApi } from '../../../app/server/openai/listen.ts';
import { ServedModel } from '../../../app/server/openai/served-model.ts';
import { TOOL_FORMATS } from '../../../app/server/openai/tools/formats.ts';
import { ToolReader } from '../../../app/server/openai/tools/reader.ts';

const [hermes, llama] = TOOL_FORMATS;

/** The text in pieces of so many characters. */
function read(format: typeof hermes, text: string, size: number) {
  const reader = new ToolReader(format, ['water', 'light']);
  const contents: string[] = [];
  for (let i = 0; i < text.length; i += size) contents.push(reader.push(text.slice(i, i + size)).content);
  contents.push(reader.finish().content);
  expect(contents.join('')).toBe(reader.whole.content);
  return reader.whole;
}

describe('calls in a text', () => {
  const water = { name: 'water', arguments: '{"litres":2}' };
  const light = { name: 'light', arguments: '{}' };
  const call = '<tool_call>\n{"name": "water", "arguments": {"litres": 2}}\n</tool_call>';
  it.each([
    ['one alone', hermes, call, '', [water]],
    ['after words', hermes, `I will water it. \n${call}`, 'I will water it.', [water]],
    ['several', hermes, `${call}\n<tool_call>{"name": "light"}</tool_call>\n`, '', [water, light]],
    ['without its end', hermes, call.slice(0, -13), '', [water]],
    ['of another tool', hermes, call.replace('water', 'burn'), call.replace('water', 'burn'), []],
    ['that breaks off', hermes, call.slice(0, 30), call.slice(0, 30), []],
    ['that only looks like one', hermes, 'a < b <tool', 'a < b <tool', []],
    ['as a whole object', llama, '{"name": "water", "parameters": {"litres": 2}}', '', [water]],
    ['as an object that calls nothing', llama, '{"litres": 2}', '{"litres": 2}', []],
    ['as words', llama, 'Water {"it"}.', 'Water {"it"}.', []],
  ])('%s', (_, format, text, content, calls) => {
    for (let size = 1; size <= text.length; size++) expect(read(format, text, size)).toEqual({ content, calls });
  });
});

describe('the server', () => {
  let folder: string;
  let served: ServedApi;
  let client: OpenAI;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lathe-tools-'));
    await cp(STARTER, folder, { recursive: true });
    const fixture = new URL('../../fixtures/chat-templates/qwen2.5/cases.json', import.meta.url);
    const { template } = JSON.parse(await readFile(fixture, 'utf8'));
    await writeFile(join(folder, 'chat_template.jinja'), template);
    const model = await ServedModel.open('gardener', folder, { threads: 1, context: 1024, concurrency: 2, queue: 2 });
    served = await listen(model, { port: 0, host: '127.0.0.1', mostBytes: 100_000 });
    client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await served?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const tool = (name: string, parameters: Record<string, unknown>) => ({
    type: 'function' as const,
    function: { name, description: `To ${name} a plant`, parameters },
  });
  const water = tool('water', {
    type: 'object',
    properties: { plant: { $ref: '#/$defs/plant' }, litres: { type: 'integer', minimum: 1, maximum: 9 } },
    required: ['plant', 'litres'],
    $defs: { plant: { enum: ['cactus', 'fern'] } },
  });
  const light = tool('light', { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] });
  const asking = {
    model: 'gardener',
    messages: [{ role: 'user' as const, content: 'My cactus is dry.' }],
    temperature: 0,
    max_tokens: 80,
    tools: [water, light],
  };

  it('holds a named tool’s call to its schema, whole and in a stream, and reads its answer', async () => {
    const choice = { type: 'function' as const, function: { name: 'water' } };
    const { choices } = await client.chat.completions.create({ ...asking, tool_choice: choice });
    const [{ message, finish_reason }] = choices;
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    const [call] = message.tool_calls!;
    if (call.type !== 'function') throw new Error('no function');
    expect(call.function.name).toBe('water');
    const given = JSON.parse(call.function.arguments);
    expect(['cactus', 'fern']).toContain(given.plant);
    expect(given.litres).toBeGreaterThanOrEqual(1);

    const stream = client.chat.completions.stream({ ...asking, tool_choice: choice });
    const [streamed] = (await stream.finalChatCompletion()).choices;
    expect(streamed.finish_reason).toBe('tool_calls');
    expect(streamed.message.tool_calls?.map((one) => one.function)).toMatchObject([call.function]);

    const again = await client.chat.completions.create({
      ...asking,
      tool_choice: 'none',
      max_tokens: 4,
      messages: [...asking.messages, message, { role: 'tool', tool_call_id: call.id, content: 'done' }],
    });
    expect(again.choices[0].message.tool_calls).toBeUndefined();
  });

  it('calls one of the tools where one must be called, any or none where it may', async () => {
    const must = await client.chat.completions.create({ ...asking, tool_choice: 'required' });
    const [{ message }] = must.choices;
    expect(message.tool_calls).toHaveLength(1);
    const may = await client.chat.completions.create({ ...asking, max_tokens: 8 });
    // The tools are part of the prompt.
    const without = await client.chat.completions.create({ ...asking, max_tokens: 8, tools: [] });
    expect(may.usage!.prompt_tokens).toBeGreaterThan(without.usage!.prompt_tokens + 50);
  });

  it.each([
    ['a choice without tools', { tools: undefined, tool_choice: 'required' }, 'invalid_value', 'tool_choice'],
    [
      'an unknown name',
      { tool_choice: { type: 'function', function: { name: 'burn' } } },
      'invalid_value',
      'tool_choice',
    ],
    [
      'arguments that nothing can meet',
      {
        tools: [tool('water', { type: 'object', properties: { a: false }, required: ['a'] })],
        tool_choice: 'required',
      },
      'unsatisfiable_json_schema',
      'tools',
    ],
    ['two forms at once', { tool_choice: 'required', grammar: 'root ::= "a"' }, 'invalid_value', 'tool_choice'],
    [
      'a call that cannot be read',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'water', arguments: '{' } }],
          },
        ],
      },
      'invalid_value',
      'messages',
    ],
  ])('refuses %s', async (_, extra, code, param) => {
    const body = { ...asking, ...extra } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    await expect(client.chat.completions.create(body)).rejects.toMatchObject({ status: 400, code, param });
  });
});
