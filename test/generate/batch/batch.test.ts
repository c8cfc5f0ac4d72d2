/** Many requests at once: each gets the tokens it would get alone, whoever comes, goes or fails beside it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Batch } from '../../../app/generate/batch/batch.ts';
import { BatchDecoder } from '../../../app/generate/batch/batch-decoder.ts';
import type { BatchRequest, BatchRun } from '../../../app/generate/batch/sequence.ts';
import { Decoder } from '../../../app/generate/decoder.ts';
import { generateIds } from '../../../app/generate/generate.ts';
import { STARTER } from '../../../app/models/library.ts';
import { openModel } from '../../../app/models/model.ts';
import { openStored } from '../../../app/models/stored.ts';
import { quantize } from '../../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../../app/techniques/quantize/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-batch-'));
const rounded = join(work, 'rounded');
await quantize(await openModel(STARTER), rounded, quantizeSchema.parse({ accuracyLevel: 4 }), { threads: 1 });
const stored = await openStored(rounded);
const open = async (concurrency: number, queue = 100, lanes = concurrency + 2) =>
  new Batch(await BatchDecoder.open(stored, { threads: 1, maxLength: 400, lanes }), { concurrency, queue });
afterAll(() => rm(work, { recursive: true }));

const promptOf = (length: number, seed: number) =>
  Array.from({ length }, (_, i) => (i * i * 7 + seed * 131 + 3) % 4096);
async function idsOf(run: BatchRun): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of run.tokens) ids.push(id);
  return ids;
}

const REQUESTS: readonly BatchRequest[] = [3, 70, 257, 1, 130, 12, 64, 65, 300, 20, 5, 90].map((length, seed) => ({
  prompt: promptOf(length, seed),
  maxTokens: 5 + ((seed * 17) % 40),
}));

async function alone(requests: readonly BatchRequest[]): Promise<number[][]> {
  const decoder = await Decoder.open(stored, { threads: 1, maxLength: 400 });
  const all: number[][] = [];
  for (const { prompt, ...options } of requests) all.push(await generateIds(decoder, prompt, options));
  decoder.dispose();
  return all;
}

it('gives each the tokens it gets alone, in a model that rounds its activations', async () => {
  const expected = await alone(REQUESTS);
  const batch = await open(5);
  const runs = REQUESTS.map((request) => batch.submit(request));
  expect(await Promise.all(runs.map(idsOf))).toEqual(expected);
  expect(runs.every(({ finishReason }) => finishReason === 'length')).toBe(true);
  // Far fewer steps than tokens: they were run together.
  expect(batch.counts.steps).toBeLessThan(batch.counts.tokens / 2);
  await batch.close(new Error('done'));
});

it('reads short prompts in the same turn, so that they share every step', async () => {
  const requests = [5, 9, 4, 30].map(
    (length, seed): BatchRequest => ({ prompt: promptOf(length, seed), maxTokens: 6 }),
  );
  const expected = await alone(requests);
  const batch = await open(4);
  expect(await Promise.all(requests.map((request) => idsOf(batch.submit(request))))).toEqual(expected);
  // The first tokens come from the prompts.
  expect(batch.counts.steps).toBe(5);
  await batch.close(new Error('done'));
});

it('reads several sequences at once bit for bit as one by one, over what their lanes held', async () => {
  const decoder = await BatchDecoder.open(stored, { threads: 1, maxLength: 60, lanes: 4 });
  const sequences = [5, 9, 7].map((length, seed) => promptOf(length, seed));
  const alone: Float32Array[] = [];
  for (const [i, ids] of sequences.entries()) alone.push((await decoder.read(i, 0, ids, true))!.slice());
  const next = (await decoder.step([1, 2, 3], [5, 9, 7])).slice();
  for (let lane = 0; lane < 4; lane++) await decoder.read(lane, 0, promptOf(50, 9 + lane), false);
  const together = await decoder.readTogether(0, sequences);
  const vocabulary = together.length / 3;
  for (const [i, logits] of alone.entries()) {
    expect(together.subarray(i * vocabulary, (i + 1) * vocabulary)).toEqual(logits);
  }
  expect(await decoder.step([1, 2, 3], [5, 9, 7])).toEqual(next);
  decoder.dispose();
});

it('gives the same tokens with drafts, alone or beside others, likeliest or at random', async () => {
  const repeating = Array.from({ length: 60 }, (_, i) => [700, 801, 902, 1003, 1104][i % 5]);
  const requests: BatchRequest[] = [
    { prompt: repeating, maxTokens: 50 },
    { prompt: repeating, maxTokens: 30, temperature: 0.7, seed: 3, logProbabilities: 2 },
    { prompt: promptOf(40, 2), maxTokens: 40, stopIds: [5] },
  ];
  const plain = await open(3);
  const [expected, draws] = [await alone(requests.slice(0, 1)), [] as number[][]];
  for (const request of requests) draws.push(await idsOf(plain.submit(request)));
  expect(draws[0]).toEqual(expected[0]);
  const batch = await open(3);
  const drafted = requests.map((request) => ({ ...request, speculate: true }));
  for (const [i, request] of drafted.entries()) expect(await idsOf(batch.submit(request))).toEqual(draws[i]);
  expect(batch.counts.accepted).toBeGreaterThan(10);
  expect(batch.counts.steps).toBe(plain.counts.steps - batch.counts.accepted);
  expect(batch.counts.tokens).toBe(plain.counts.tokens);
  const together = drafted.map((request) => batch.submit(request));
  expect(await Promise.all(together.map(idsOf))).toEqual(draws);
  await Promise.all([plain, batch].map((one) => one.close(new Error('done'))));
});

it('draws by each request’s own seed', async () => {
  const drawn = [1, 2, 3, 4].map((seed) => ({ prompt: promptOf(40, 1), maxTokens: 20, temperature: 1, seed }));
  const expected = await alone(drawn);
  expect(new Set(expected.map(String)).size).toBe(4);
  const batch = await open(4);
  expect(await Promise.all(drawn.map((request) => idsOf(batch.submit(request))))).toEqual(expected);
  await batch.close(new Error('done'));
});

it('does not read again what a lane holds, whether it is idle or in use', async () => {
  const shared = promptOf(200, 9);
  const prompts = [1, 2, 3].map((seed) => [...shared, ...promptOf(10, seed)]);
  const expected = await alone(prompts.map((prompt) => ({ prompt, maxTokens: 12 })));
  const batch = await open(2, 100, 3);
  const first = batch.submit({ prompt: prompts[0], maxTokens: 12 });
  expect(await idsOf(first)).toEqual(expected[0]);
  expect(first.cachedTokens).toBe(0);
  const rest = prompts.slice(1).map((prompt) => batch.submit({ prompt, maxTokens: 12 }));
  expect(await Promise.all(rest.map(idsOf))).toEqual(expected.slice(1));
  expect(rest.map(({ cachedTokens }) => cachedTokens)).toEqual([200, 200]);
  await batch.close(new Error('done'));
});

it('frees the place of who leaves, and refuses who finds the queue full', async () => {
  const batch = await open(1, 1);
  const gone = new AbortController();
  const long = { prompt: promptOf(20, 1), maxTokens: 300 };
  const first = batch.submit({ ...long, signal: gone.signal });
  const reader = first.tokens[Symbol.asyncIterator]();
  await reader.next();
  const second = batch.submit({ ...long, maxTokens: 3 });
  expect(() => batch.submit(long)).toThrowError(expect.objectContaining({ code: 'server/busy' }));
  gone.abort(new Error('gone'));
  expect((await idsOf(second)).length).toBe(3);
  await expect(
    (async () => {
      while (!(await reader.next()).done);
    })(),
  ).rejects.toThrow('gone');
  // One that stops reading leaves too.
  for await (const _ of batch.submit(long).tokens) break;
  expect((await idsOf(batch.submit({ ...long, maxTokens: 2 }))).length).toBe(2);
  expect(batch.active + batch.waiting).toBe(0);
  await batch.close(new Error('done'));
});

it('counts those who have come between two steps', async () => {
  const batch = await open(2, 1);
  const requests = REQUESTS.slice(0, 3).map((request) => batch.submit(request));
  expect(() => batch.submit(REQUESTS[3])).toThrow(expect.objectContaining({ code: 'server/busy' }));
  await Promise.all(requests.map(idsOf));
  await batch.close(new Error('done'));
});

it('ends at the context, and says what does not fit', async () => {
  const batch = await open(2);
  const run = batch.submit({ prompt: promptOf(390, 1), maxTokens: 100 });
  expect((await idsOf(run)).length).toBe(10);
  expect(run.finishReason).toBe('length');
  const code = (code: string) => expect.objectContaining({ code });
  expect(() => batch.submit({ prompt: promptOf(400, 1), maxTokens: 1 })).toThrowError(code('prompt/too-long'));
  expect(() => batch.submit({ prompt: [], maxTokens: 1 })).toThrowError(code('arguments/invalid'));
  await batch.close(new Error('done'));
});

it('gives the log-probabilities of what came and of the likeliest', async () => {
  const batch = await open(1);
  const run = batch.submit({ prompt: promptOf(30, 2), maxTokens: 4, logProbabilities: 3 });
  for await (const { id, probabilities } of run.tokens) {
    expect(probabilities?.top.length).toBe(3);
    expect(probabilities?.top[0]).toEqual({ id, logProbability: probabilities?.logProbability });
    const sum = probabilities!.top.reduce((n, { logProbability }) => n + Math.exp(logProbability), 0);
    expect(sum).toBeGreaterThan(0.01);
    expect(sum).toBeLessThanOrEqual(1);
  }
  await batch.close(new Error('done'));
});
