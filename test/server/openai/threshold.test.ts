/** The request parameter `threshold`: an adaptive decoder answers early as a request says, in streams and side by side. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pickHead } from '../../../app/models/graphs/list-head.ts';
import { openStored } from '../../../app/models/stored.ts';
import { listen, type ServedApi } from '../../../app/server/openai/listen.ts';
import { ServedModel } from '../../../app/server/openai/served-model.ts';
import { type DecoderNote, writeDecoderExits } from '../../../app/techniques/adaptive/decoder-folder.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-threshold-'));
let served: ServedApi;
let client: OpenAI;

const serving = { threads: 1, context: 128, concurrency: 2, queue: 4 };
let folder: string;

beforeAll(async () => {
  const model = await openStored(await makeTinyModel(work, 'llama'));
  const { width, layers } = model.config;
  const map = { weight: new Float32Array(width * width), bias: new Float32Array(width).fill(0.1) };
  const exits = {
    layer: 1,
    map,
    gate: { weight: new Float32Array(width), bias: 0 },
    list: await pickHead(model, [40, 41]),
  };
  const thresholds = { layer: 1, exit: 0.9, shortlist: 0.9 };
  const note = { version: 1, kind: 'decoder', layers, thresholds, gateSlack: 1, dial: [], worthwhile: false };
  folder = join(work, 'stopping');
  await writeDecoderExits(folder, model, exits, note as unknown as DecoderNote, {});
  served = await listen(await ServedModel.open('stopping', folder, serving), {
    port: 0,
    host: '127.0.0.1',
    mostBytes: 100_000,
  });
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none', maxRetries: 0 });
}, 60_000);
afterAll(async () => {
  await served.close();
  await rm(work, { recursive: true, force: true });
});

/** The official client passes on what it does not know. */
const ask = async (prompt: string, more: object) =>
  client.completions.create({ model: 'stopping', prompt, max_tokens: 8, temperature: 0, ...more } as {
    model: string;
    prompt: string;
  });

it('is the whole model at 1, answers from the exit at 0, in whatever order requests come', async () => {
  const prompts = ['The whale', 'Once upon', 'The capital'];
  const whole = await Promise.all(prompts.map((prompt) => ask(prompt, {})));
  const careful = await Promise.all(prompts.map((prompt) => ask(prompt, { threshold: 1 })));
  expect(careful.map(({ choices }) => choices)).toEqual(whole.map(({ choices }) => choices));
  const fast = await Promise.all(prompts.map((prompt) => ask(prompt, { threshold: 0 })));
  expect(fast[0].choices[0].text).not.toBe(whole[0].choices[0].text);
  expect(fast[0].usage?.completion_tokens).toBe(8);
  const request = { model: 'stopping', prompt: prompts[0], max_tokens: 8, temperature: 0, threshold: 0, stream: true };
  let text = '';
  for await (const { choices } of await client.completions.create(request as OpenAI.CompletionCreateParamsStreaming))
    text += choices[0]?.text ?? '';
  expect(text).toBe(fast[0].choices[0].text);
});

it('is refused with what it cannot go with, and beyond its bounds', async () => {
  for (const more of [{ threshold: 0.5, temperature: 0.7 }, { threshold: 0.5, logprobs: 1 }, { threshold: 2 }])
    await expect(ask('The whale', more)).rejects.toMatchObject({ status: 400, param: 'threshold' });
});

it('opens exits again where that failed', async () => {
  const model = await ServedModel.open('stopping', folder, serving);
  const file = join(folder, 'exits.safetensors');
  try {
    await rename(file, `${file}.away`);
    await expect(model.stopping()).rejects.toThrow();
    await rename(`${file}.away`, file);
    expect((await model.stopping()).note.thresholds.layer).toBe(1);
  } finally {
    await model.close();
  }
});
