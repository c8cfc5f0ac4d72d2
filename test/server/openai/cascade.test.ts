/** A cascade behind the server: the small model answers what it is sure of, the large one the rest, and the answer says which. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Speaker } from '../../../app/generate/speaker.ts';
import { listen, type ServedApi } from '../../../app/server/openai/listen.ts';
import { ServedModel } from '../../../app/server/openai/served-model.ts';
import { writeCascade } from '../../../app/techniques/adaptive/cascade-folder.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';
import { readJson } from '../../techniques/adaptive/topics.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-served-cascade-'));
const TOKENS = 6;
const said: Record<'small' | 'large', { text: string; confidence: number }[]> = { small: [], large: [] };
const questions = ['of whales', 'of France', 'of my life'].map((what) => [
  { role: 'user' as const, content: `The capital ${what}` },
]);
let served: ServedApi;
let client: OpenAI;
let between: number;

beforeAll(async () => {
  const folders = { small: await makeTinyModel(work, 'llama'), large: await makeTinyModel(work, 'untied') };
  for (const who of ['small', 'large'] as const) {
    const file = join(folders[who], 'tokenizer_config.json');
    const config = await readJson(file);
    await writeFile(file, JSON.stringify({ ...config, chat_template: "{{ messages[-1]['content'] }}" }));
    const speaker = await Speaker.open(folders[who], { threads: 1 });
    for (const messages of questions) said[who].push(await speaker.answer(messages, { maxTokens: TOKENS }));
    speaker.dispose();
  }
  // The surest answer is taken, the others are not.
  const sorted = said.small.map(({ confidence }) => confidence).sort((a, b) => b - a);
  between = (sorted[0] + sorted[1]) / 2;
  const note = { version: 1, kind: 'chat-cascade', threshold: between };
  const out = join(work, 'cascade');
  await writeCascade(folders, out, note, {});
  const serving = { threads: 1, context: 128, concurrency: 2, queue: 8 };
  const options = { port: 0, host: '127.0.0.1', mostBytes: 100_000 };
  served = await listen(await ServedModel.open('cascade', out, serving), options);
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none', maxRetries: 0 });
}, 60_000);
afterAll(async () => {
  await served.close();
  await rm(work, { recursive: true, force: true });
});

type Asked = OpenAI.ChatCompletionCreateParamsNonStreaming;
/** The official client passes on what it does not know. */
async function ask(index: number, more: object = {}) {
  const fields = { model: 'cascade', messages: questions[index], max_tokens: TOKENS, temperature: 0, ...more };
  const { choices, usage } = await client.chat.completions.create(fields as Asked);
  const { answered_by: by } = choices[0] as { answered_by?: 'small' | 'large' };
  return { by, text: choices[0].message.content, usage };
}

it('takes what the small one is sure of, and asks the large one about the rest, side by side', async () => {
  const answers = await Promise.all(questions.map((_, i) => ask(i)));
  for (const [i, { by, text }] of answers.entries()) {
    expect(by).toBe(said.small[i].confidence > between ? 'small' : 'large');
    expect(text).toBe(said[by!][i].text);
  }
  expect(new Set(answers.map(({ by }) => by)).size).toBe(2);
  expect(answers[0].usage?.completion_tokens).toBe(TOKENS);
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  expect(metrics).toContain('lathe_cascade_answers_total{model="small"} 1\n');
  expect(metrics).toContain('lathe_cascade_answers_total{model="large"} 2\n');
});

it('follows the dial of a request, in streams too', async () => {
  expect(await ask(0, { threshold: 0 })).toMatchObject({ by: 'small', text: said.small[0].text });
  expect(await ask(0, { threshold: 1 })).toMatchObject({ by: 'large', text: said.large[0].text });
  const fields = { model: 'cascade', messages: questions[0], max_tokens: TOKENS, temperature: 0, threshold: 0 };
  let text = '';
  let by: unknown;
  const stream = { ...fields, stream: true } as OpenAI.ChatCompletionCreateParamsStreaming;
  for await (const { choices } of await client.chat.completions.create(stream)) {
    text += choices[0]?.delta.content ?? '';
    by ??= (choices[0] as { answered_by?: string }).answered_by;
  }
  expect({ text, by }).toEqual({ text: said.small[0].text, by: 'small' });
});

it('leaves drawn answers and certainty to the large one, and refuses a dial for them', async () => {
  expect((await ask(0, { logprobs: true })).by).toBeUndefined();
  expect((await ask(0, { temperature: 0.5, seed: 1 })).by).toBeUndefined();
  await expect(ask(0, { temperature: 0.5, threshold: 0.5 })).rejects.toMatchObject({ status: 400, param: 'threshold' });
});
