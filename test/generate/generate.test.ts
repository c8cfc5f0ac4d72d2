/** Generating: drafts change no token, what is held is read once, stop strings end the text. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { assertSameTokens, DraftModel } from '../../app/generate/draft-model.ts';
import { generateIds, generateText } from '../../app/generate/generate.ts';
import { PromptLookup } from '../../app/generate/prompt-lookup.ts';
import { Sampler } from '../../app/generate/sampler.ts';
import { speculate } from '../../app/generate/speculate.ts';
import { STARTER } from '../../app/models/library.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-generate-'));
const tokenizer = await loadTokenizer(STARTER);
const starter = await Decoder.open(await openStored(STARTER), { threads: 1, maxLength: 400 });
afterAll(async () => {
  starter.dispose();
  await rm(work, { recursive: true });
});

const TEXT = 'The whale swam on. The whale swam on. The whale';

it('drafts what followed before, longer while it is right', () => {
  const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]);
  expect(lookup.draft(10).ids).toEqual([4, 5, 6]);
  expect(lookup.draft(2).ids).toEqual([4, 5]);
  lookup.learn(3, 3);
  expect(lookup.draft(10).ids).toEqual([4, 5, 6, 7, 8, 9, 1]);
  lookup.learn(7, 0);
  lookup.learn(3, 0);
  // After wrong drafts more must be alike.
  expect(lookup.draft(10).ids).toEqual([]);
  for (const id of [4, 5, 6]) lookup.add(id);
  expect(lookup.draft(10).ids).toEqual([7, 8]);
  // What goes round is taken to go on.
  const round = new PromptLookup([7, 8, 7, 8, 7, 8]);
  expect(round.draft(5).ids).toEqual([7, 8, 7]);
  lookup.add(42);
  expect(lookup.draft(10).ids).toEqual([]);
});

it.each([5, 40, 120])('speculating gives the same %i tokens in fewer steps', async (maxTokens) => {
  const prompt = tokenizer.encode(TEXT);
  const plain = await generateIds(starter, prompt, { maxTokens });
  expect(plain.length).toBe(maxTokens);
  const steps = vi.spyOn(starter, 'extendAsSteps');
  expect(await generateIds(starter, prompt, { maxTokens, speculate: true })).toEqual(plain);
  if (maxTokens > 5) expect(steps.mock.calls.length).toBeLessThan(maxTokens);
  steps.mockRestore();
});

it('speculates rightly where drafts are mostly wrong, and stops at a stop id', async () => {
  const decoder = await Decoder.open(await openStored(await makeTinyModel(work, 'qwen2')), { threads: 1 });
  const prompt = Array.from({ length: 60 }, (_, i) => (i * i * 7) % 11);
  const plain = await generateIds(decoder, prompt, { maxTokens: 100 });
  expect(await generateIds(decoder, prompt, { maxTokens: 100, speculate: true })).toEqual(plain);
  const stopIds = [plain[plain.length >> 1]];
  const short = await generateIds(decoder, prompt, { maxTokens: 100, stopIds });
  expect(short).toEqual(plain.slice(0, plain.indexOf(stopIds[0])));
  expect(await generateIds(decoder, prompt, { maxTokens: 100, stopIds, speculate: true })).toEqual(short);
  decoder.dispose();
});

it('gives the same bits and text in a model that rounds its activations, by look-up and by a draft model', async () => {
  const out = join(work, 'rounded');
  await quantize(await openModel(STARTER), out, quantizeSchema.parse({ accuracyLevel: 4 }), { threads: 1 });
  const decoder = await Decoder.open(await openStored(out), { threads: 1, maxLength: 400 });
  const prompt = tokenizer.encode(TEXT);
  const fresh = [700, 12, 5, 900, 33, 8, 71, 4];
  await decoder.extend(prompt);
  const alone: number[][] = [];
  for (const id of fresh) alone.push([...((await decoder.extend([id])).data as Float32Array)]);
  const { vocabulary } = decoder.model.config;
  for (const count of [2, 8, 5]) {
    decoder.rewind(prompt.length);
    const { data } = await decoder.extendAsSteps(fresh.slice(0, count));
    expect([...(data as Float32Array)]).toEqual(alone.slice(0, count).flat());
    expect(data.length).toBe(count * vocabulary);
  }
  const plain = await generateIds(decoder, prompt, { maxTokens: 150 });
  expect(await generateIds(decoder, prompt, { maxTokens: 150, speculate: true })).toEqual(plain);
  // The float model drafts for the rounded one.
  const learnt = vi.spyOn(DraftModel.prototype, 'learn');
  decoder.rewind(0);
  const drafted: number[] = [];
  const drafter = new DraftModel(starter, prompt, {});
  for await (const id of speculate(decoder, prompt, new Sampler({}, prompt), drafter, { maxTokens: 150 }))
    drafted.push(id);
  expect(drafted).toEqual(plain);
  expect(learnt.mock.calls.reduce((sum, [, right]) => sum + right, 0)).toBeGreaterThan(50);
  learnt.mockRestore();
  // It may cost more than it brings, and rest: the answer is the same.
  expect(await generateIds(decoder, prompt, { maxTokens: 150, speculate: starter })).toEqual(plain);
  decoder.dispose();
});

it('refuses a draft with other tokens', async () => {
  const other = await loadTokenizer(join(import.meta.dirname, '../fixtures/tokenizers/smollm2'));
  expect(() => assertSameTokens(tokenizer, tokenizer)).not.toThrow();
  expect(() => assertSameTokens(tokenizer, other)).toThrowError(
    expect.objectContaining({ code: 'arguments/incompatible', message: expect.stringContaining('another tokenizer') }),
  );
});

it('reads only what the decoder does not hold yet, with the same result', async () => {
  const first = tokenizer.encode(TEXT);
  const { ids } = await generateText(starter, tokenizer, first, { maxTokens: 12 });
  const second = [...first, ...ids, ...tokenizer.encode(' Then the captain said')];
  const fresh = await generateIds(starter, second, { maxTokens: 12 });
  await generateText(starter, tokenizer, first, { maxTokens: 12 });
  // The last token of an answer is never run, so it is not held.
  expect(starter.rewindTo(second)).toBe(first.length + ids.length - 1);
  expect((await generateText(starter, tokenizer, second, { maxTokens: 12 })).ids).toEqual(fresh);
  expect(starter.rewindTo([])).toBe(0);
});

it('ends before a stop string and says what it showed', async () => {
  const prompt = tokenizer.encode(TEXT);
  const whole = await generateText(starter, tokenizer, prompt, { maxTokens: 30 });
  const stop = whole.text.slice(9, 14);
  const shown: string[] = [];
  const cut = await generateText(starter, tokenizer, prompt, { maxTokens: 30, stop: [stop] }, (piece) =>
    shown.push(piece),
  );
  expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
  expect(shown.join('')).toBe(cut.text);
  expect(cut.ids.length).toBeLessThan(whole.ids.length);
});
