/** The interface as OpenAI's own client sees it. */
import { request } from 'node:http';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { STARTER } from '../../../app/models/library.ts';
import { loadTokenizer } from '../../../app/models/tokenizer.ts';
import { listen, type ServedApi } from '../../../app/server/openai/listen.ts';
import { ServedModel } from '../../../app/server/openai/served-model.ts';

let served: ServedApi;
let client: OpenAI;
beforeAll(async () => {
  const model = await ServedModel.open('starter', STARTER, { threads: 1, context: 1024, concurrency: 3, queue: 2 });
  served = await listen(model, {
    port: 0,
    host: '127.0.0.1',
    key: 'secret',
    mostBytes: 100_000,
    origins: ['https://notes.example'],
  });
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'secret', maxRetries: 0 });
});
afterAll(() => served.close());

const messages = [{ role: 'user' as const, content: 'How do I water a cactus?' }];
const greedy = { model: 'starter', messages, temperature: 0, max_tokens: 20 };
const health = async () =>
  (await fetch(`${served.url}/health`)).json() as Promise<{ running: number; waiting: number }>;
async function settled(): Promise<void> {
  for (;;) {
    const { running, waiting } = await health();
    if (running + waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it('lists its model and says who it is', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual(['starter']);
  expect((await client.models.retrieve('starter')).owned_by).toBe('lathe');
  await expect(client.models.retrieve('gpt-5')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  const short = await fetch(`${served.url}/models`, { headers: { authorization: 'Bearer secret' } });
  expect(((await short.json()) as { data: unknown[] }).data).toHaveLength(1);
  const { request_id } = await client.models.list().withResponse();
  expect(request_id).toMatch(/^[\w-]{36}$/);
  expect(await health()).toMatchObject({ status: 'ok', model: 'starter', running: 0 });
});

it('chats, whole and in a stream, with the same words and counts', async () => {
  const whole = await client.chat.completions.create(greedy);
  const [{ message, finish_reason }] = whole.choices;
  expect(message.role).toBe('assistant');
  expect(message.content?.length).toBeGreaterThan(10);
  expect(['stop', 'length']).toContain(finish_reason);
  expect(whole.usage?.prompt_tokens).toBeGreaterThan(5);
  expect(whole.usage?.total_tokens).toBe(whole.usage!.prompt_tokens + whole.usage!.completion_tokens);
  const stream = await client.chat.completions.create({
    ...greedy,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let reason: string | null = null;
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const { choices, usage: counts } of stream) {
    text += choices[0]?.delta.content ?? '';
    reason = choices[0]?.finish_reason ?? reason;
    usage = counts;
  }
  expect(text).toBe(message.content);
  expect(reason).toBe(finish_reason);
  expect(usage).toMatchObject({ completion_tokens: whole.usage?.completion_tokens });
});

it('answers several at once as it answers one', async () => {
  const ask = (content: string) => client.chat.completions.create({ ...greedy, messages: [{ role: 'user', content }] });
  const questions = ['When do roses bloom?', 'Is shade bad for ferns?', 'What is compost?'];
  const alone: (string | null)[] = [];
  for (const question of questions) alone.push((await ask(question)).choices[0].message.content);
  const together = await Promise.all(questions.map(ask));
  expect(together.map(({ choices }) => choices[0].message.content)).toEqual(alone);
});

it('continues a text, gives several choices, ends before a stop string', async () => {
  const request = { model: 'starter', prompt: 'The whale swam', max_tokens: 24, temperature: 0 };
  const { choices } = await client.completions.create(request);
  const [{ text }] = choices;
  const stop = text.slice(8, 12);
  const stopped = await client.completions.create({ ...request, stop });
  expect(stopped.choices[0]).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
  const echoed = await client.completions.create({ ...request, echo: true });
  expect(echoed.choices[0].text).toBe(`The whale swam${text}`);
  const ids = (await loadTokenizer(STARTER)).encode('The whale swam', { special: true });
  expect((await client.completions.create({ ...request, prompt: ids })).choices[0].text).toBe(text);
  const drawn = () => client.completions.create({ ...request, temperature: 1, n: 3, seed: 7 });
  const [first, second] = [await drawn(), await drawn()];
  expect(new Set(first.choices.map((choice) => choice.text)).size).toBe(3);
  expect(second.choices).toEqual(first.choices);
  const [one, two] = [request.prompt, 'A rose'];
  const both = await client.completions.create({ ...request, prompt: [one, two] });
  expect(both.choices.map(({ index }) => index)).toEqual([0, 1]);
  expect(both.choices[0].text).toBe(text);
});

it('gives log-probabilities whose tokens make up the text', async () => {
  const { choices } = await client.chat.completions.create({ ...greedy, logprobs: true, top_logprobs: 2 });
  const tokens = choices[0].logprobs?.content ?? [];
  const bytes = tokens.flatMap((token) => token.bytes ?? []);
  expect(Buffer.from(bytes).toString()).toBe(choices[0].message.content);
  for (const { token, logprob, top_logprobs: top } of tokens) {
    expect(top.length).toBe(2);
    expect(top[0]).toMatchObject({ token, logprob });
    expect(logprob).toBeLessThanOrEqual(0);
  }
});

it('embeds: alike texts lie closer', async () => {
  const input = ['Roses need sun.', 'Roses like the sun.', 'Call me Ishmael, said the captain of the ship'];
  const { data, usage } = await client.embeddings.create({ model: 'starter', input });
  const [a, b, c] = data.map(({ embedding }) => embedding);
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  expect(dot(a, a)).toBeCloseTo(1, 4);
  expect(dot(a, b)).toBeGreaterThan(dot(a, c));
  expect(usage.prompt_tokens).toBeGreaterThan(10);
});

it.each([
  ['another model', { ...greedy, model: 'gpt-5' }, 404, 'model_not_found'],
  [
    'a prompt beyond the context',
    { ...greedy, messages: [{ role: 'user', content: 'rose '.repeat(1200) }] },
    400,
    'context_length_exceeded',
  ],
  [
    'ten thousand stop strings',
    { ...greedy, stop: Array.from({ length: 10_000 }, (_, i) => `s${i}`) },
    400,
    'invalid_value',
  ],
  [
    'a prompt that is too long by its characters alone',
    { ...greedy, messages: [{ role: 'user', content: 'a'.repeat(90_000) }] },
    400,
    'context_length_exceeded',
  ],
  [
    'a schema nested beyond measure',
    {
      ...greedy,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: JSON.parse(`${'{"items":'.repeat(1500)}{}${'}'.repeat(1500)}`) },
      },
    },
    400,
    'invalid_json',
  ],
  ['a grammar with an open bracket', { ...greedy, grammar: 'root ::= (' }, 400, 'invalid_grammar'],
  ['no messages', { ...greedy, messages: [] }, 400, 'invalid_value'],
  ['a temperature out of range', { ...greedy, temperature: 9 }, 400, 'invalid_value'],
  [
    'tools of which its template does not speak',
    { ...greedy, tools: [{ type: 'function', function: { name: 'f' } }] },
    400,
    'tools_not_supported',
  ],
  ['too large a request', { ...greedy, user: 'x'.repeat(200_000) }, 413, 'request_too_large'],
])('refuses %s', async (_, request, status, code) => {
  const failed = client.chat.completions.create(request as OpenAI.ChatCompletionCreateParamsNonStreaming);
  await expect(failed).rejects.toMatchObject({ status, code });
});

it('names the field that is to blame, and what it should be', async () => {
  const failed = async (body: object, path = '/chat/completions') => {
    const { error } = (await client.post(path, { body: { ...greedy, ...body } }).catch((reason) => reason)) as {
      error: { param: string; message: string };
    };
    return `${error.param} | ${error.message}`;
  };
  const long = 'rose '.repeat(1200);
  expect(await failed({ prompt: long }, '/completions')).toMatch(
    /^prompt \| prompt: \d+ tokens, but only 1023 tokens fit/,
  );
  expect(await failed({ input: long }, '/embeddings')).toMatch(/^input \| input: \d+ tokens/);
  expect(await failed({ prompt: '' }, '/completions')).toBe('prompt | prompt: there is no token');
  expect(await failed({ prompt: [3, 99_999_999] }, '/completions')).toMatch(/^prompt \| 99999999 is not the id/);
  expect(await failed({ prompt: new Array(3000).fill('a') }, '/completions')).toBe(
    'prompt | prompt: at most 2048 at once',
  );
  expect(await failed({ prompt: 'a', echo: true, logprobs: 1 }, '/completions')).toMatch(/^echo \| /);
  const image = { type: 'image_url', image_url: { url: 'data:' } };
  expect(await failed({ messages: [{ role: 'user', content: [image] }] })).toMatch(/ only text can be read$/);
  expect(await failed({ stop: new Array(17).fill('a') })).toBe('stop | stop: at most 16 stop strings');
  expect(await failed({ stop: 5 })).toBe('stop | stop: Invalid input: expected string or array');
});

it('lets pages of this computer call, and those that are named', async () => {
  const ask = (origin: string, method = 'GET', headers: Record<string, string> = {}) =>
    fetch(`${served.url}/v1/models`, { method, headers: { origin, authorization: 'Bearer secret', ...headers } });
  for (const origin of ['http://localhost:3000', 'http://127.0.0.1:1', 'http://[::1]:8080', 'https://notes.example']) {
    const { status, headers } = await ask(origin);
    expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([200, origin, 'origin']);
  }
  for (const origin of ['https://notes.example.org', 'http://notes.example', 'http://localhost.example', 'null']) {
    const { status, headers } = await ask(origin);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
  }
  const wanted = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,x-stainless-os',
  };
  const preflight = await fetch(`${served.url}/v1/chat/completions`, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:3000', ...wanted },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,x-stainless-os');
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  expect((await ask('https://example.org', 'OPTIONS', wanted)).status).toBe(403);
  // A name that somebody lets lead to this computer.
  const status = await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(served.url);
    const headers = { host: `rebound.example:${port}`, authorization: 'Bearer secret' };
    request({ hostname, port, path: '/v1/models', headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

it.each(['//', '///', '/%', '/v1/models/%', '/v1//models', 'http://'])(
  'says that there is nothing at %s',
  async (path) => {
    const status = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(served.url);
      request({ hostname, port, path, headers: { authorization: 'Bearer secret' } }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
    expect(await health()).toMatchObject({ status: 'ok' });
  },
);

it('refuses bad JSON, unknown places, a wrong key, other names and other pages', async () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${served.url}/v1/chat/completions`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer secret', ...headers },
    });
  const bad = await post('{"model": ');
  expect(bad.status).toBe(400);
  expect(await bad.json()).toMatchObject({
    error: { code: 'invalid_json', type: 'invalid_request_error', param: null },
  });
  expect((await post('{}', { authorization: 'Bearer other' })).status).toBe(401);
  expect((await post('{}', { origin: 'https://example.org' })).status).toBe(403);
  expect((await fetch(`${served.url}/v1/nothing`)).status).toBe(404);
  expect((await fetch(`${served.url}/v1/chat/completions`)).status).toBe(405);
});

/** A stream of a client that can be cut off for certain: fetch may keep a connection that nobody reads. */
function openStream(body: object): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
    const sent = request(`${served.url}/v1/chat/completions`, { method: 'POST', headers }, (response) => {
      response.on('error', () => undefined).resume();
      resolve(() => sent.destroy());
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });
}

it('frees the place of a client that vanishes, and refuses more than may wait', async () => {
  // They may not end by themselves.
  const long = { ...greedy, logit_bias: { 2: -100 }, max_tokens: 900, stream: true };
  const leave = await Promise.all(Array.from({ length: 5 }, () => openStream(long)));
  await expect(client.chat.completions.create(greedy)).rejects.toMatchObject({ status: 503, code: 'server_busy' });
  for (const cut of leave) cut();
  await settled();
  expect((await client.chat.completions.create(greedy)).choices.length).toBe(1);
});

it('counts what it did for Prometheus', async () => {
  const response = await fetch(`${served.url}/metrics`, { headers: { authorization: 'Bearer secret' } });
  const text = await response.text();
  expect(text).toMatch(/lathe_requests_total\{route="\/v1\/chat\/completions",status="200"\} \d+/);
  expect(Number(/lathe_completion_tokens_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(50);
  expect(Number(/lathe_requests_cancelled_total (\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(1);
  expect(text).toMatch(/lathe_first_token_seconds_bucket\{le="\+Inf"\} \d+/);
});

it('answers in the form that is asked for', async () => {
  const schema = {
    type: 'object',
    properties: { plant: { type: 'string', maxLength: 12 }, litres: { type: 'integer', minimum: 1, maximum: 20 } },
    required: ['plant', 'litres'],
    additionalProperties: false,
  };
  const ask = (extra: object) =>
    client.chat.completions.create({
      ...greedy,
      max_tokens: 80,
      ...extra,
    } as OpenAI.ChatCompletionCreateParamsNonStreaming);
  const formed = (wanted: unknown) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: wanted } },
  });
  const { choices } = await ask(formed(schema));
  const answer = JSON.parse(choices[0].message.content ?? '');
  expect(Object.keys(answer)).toEqual(['plant', 'litres']);
  expect(answer.litres).toBeGreaterThanOrEqual(1);
  expect(choices[0].finish_reason).toBe('stop');
  const Plant = z.object({
    kind: z.enum(['rose', 'fern']),
    pots: z.number().int().nonnegative(),
    litres: z.number().positive().max(2.5),
    shade: z.boolean().nullable(),
  });
  const { choices: plants } = await client.chat.completions.parse({
    ...greedy,
    max_tokens: 80,
    response_format: zodResponseFormat(Plant, 'plant'),
  });
  const plant = Plant.parse(plants[0].message.parsed);
  expect(plants[0].message.content).toContain(`"${plant.kind}"`);
  const yes = await ask({ grammar: 'root ::= "yes" | "no"' });
  expect(['yes', 'no']).toContain(yes.choices[0].message.content);
  await expect(ask(formed({ type: 'integer', minimum: 2, maximum: 1 }))).rejects.toMatchObject({
    status: 400,
    code: 'unsatisfiable_json_schema',
  });
});
