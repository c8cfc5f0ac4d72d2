/**
 * Catching up lazily changes nothing: steps through all layers give the whole model's logits, whatever was skipped before;
 * and drafts change no token, whatever exits and lists answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptiveDecoder, type Exits, type StepThresholds } from '../../app/generate/adaptive-decoder.ts';
import { adaptiveTokens } from '../../app/generate/adaptive-tokens.ts';
import { argmax } from '../../app/generate/argmax.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { gateScore } from '../../app/generate/exit-gate.ts';
import { generateIds } from '../../app/generate/generate.ts';
import { OwnDrafts } from '../../app/generate/own-drafts.ts';
import { Sampler, type SamplingOptions } from '../../app/generate/sampler.ts';
import { speculate } from '../../app/generate/speculate.ts';
import { pickHead } from '../../app/models/graphs/list-head.ts';
import { openStored, type StoredModel } from '../../app/models/stored.ts';
import { Random } from '../../app/tensor/random.ts';
import { makeTinyModel } from '../models/tiny-model.ts';
import { makeExits } from './tiny-exits.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-adaptive-decoder-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const LENGTH = 64;
const NEVER = { exit: 1, shortlist: 1 };
const ALWAYS = { exit: -1, shortlist: 1 };

let model: StoredModel;
let exits: Exits;
beforeAll(async () => {
  model = await openStored(await makeTinyModel(work, 'llama'));
  exits = await makeExits(model);
}, 60_000);

it('gives the logits of a slow reference at every deep step', async () => {
  const plain = await Decoder.open(model, { threads: 1, maxLength: LENGTH });
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const random = new Random([9]);
  const ids = Array.from({ length: 40 }, () => Math.floor(random.fraction() * model.config.vocabulary));
  await plain.extend(ids.slice(0, 7));
  await adaptive.read(ids.slice(0, 7), NEVER);
  let pending = 0;
  for (const id of ids.slice(7)) {
    const { data } = await plain.extend([id]);
    if (random.fraction() < 0.6) {
      const [{ kind, layers }] = await adaptive.extend([id], ALWAYS);
      expect([kind, layers]).toEqual(['exit', 1]);
      pending += 1;
      continue;
    }
    const deep = await adaptive.logits([id]);
    for (const [i, z] of (data as Float32Array).entries())
      expect(Math.abs(z - Number(deep.data[i]))).toBeLessThan(1e-4);
    pending = 0;
  }
  const [{ caughtUp }] = await adaptive.extend([ids[0]], NEVER);
  expect(caughtUp).toBe(pending);
  plain.dispose();
  adaptive.dispose();
});

it('answers as the whole model where nothing is taken early, and from the list where that is allowed', async () => {
  const plain = await Decoder.open(model, { threads: 1, maxLength: LENGTH });
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const prompt = [5, 17, 200, 31];
  let expected = argmax((await plain.extend(prompt)).data as Float32Array);
  let found = await adaptive.read(prompt, NEVER);
  for (let i = 0; i < 20; i++) {
    expect(found).toMatchObject({ token: expected, kind: 'full', layers: 2 });
    expected = argmax((await plain.extend([expected])).data as Float32Array);
    [found] = await adaptive.extend([found.token], NEVER);
  }
  adaptive.rewind();
  await adaptive.read(prompt, NEVER);
  const [listed] = await adaptive.extend([8], { exit: 1, shortlist: -1 });
  expect(listed.kind).toBe('shortlist');
  expect(listed.token % 3).toBe(0);
  plain.rewind(0);
  const { data } = await plain.extend([...prompt, 8]);
  const best = [...exits.list.tokens].reduce((a, b) => (Number(data[b]) > Number(data[a]) ? b : a));
  expect(listed.token).toBe(best);
  await expect(adaptive.extend(new Array(LENGTH).fill(1), NEVER)).rejects.toMatchObject({ code: 'arguments/invalid' });
  plain.dispose();
  adaptive.dispose();
});

it('answers several tokens at once as one after the other, and rewinds', async () => {
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const random = new Random([3]);
  const ids = Array.from({ length: 24 }, () => Math.floor(random.fraction() * model.config.vocabulary));
  const run = async (sizes: readonly number[], thresholds: StepThresholds) => {
    adaptive.rewind();
    await adaptive.read([5, 17, 200], thresholds);
    const found = [];
    for (let at = 0, i = 0; at < ids.length; i++) {
      const size = sizes[i % sizes.length];
      const answers = await adaptive.extend(ids.slice(at, at + size), thresholds);
      found.push(...answers.map(({ token, kind }) => ({ token, kind })));
      at += size;
      // What is thrown away leaves nothing behind.
      await adaptive.extend([1, 2], thresholds);
      adaptive.rewind(3 + at);
    }
    return found;
  };
  const seen = new Set<string>();
  for (const thresholds of [NEVER, ALWAYS, { exit: 0.013, shortlist: 0.013 }, { exit: -1, shortlist: -1, gate: 0 }]) {
    const alone = await run([1], thresholds);
    for (const { kind } of alone) seen.add(kind);
    expect(await run([3, 4, 1], thresholds)).toEqual(alone);
  }
  expect([...seen].sort()).toEqual(['exit', 'full', 'shortlist']);
  adaptive.dispose();
});

it('gives the same tokens with drafts', async () => {
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const prompt = [5, 17, 200, 31, 5, 17, 200, 31, 5, 17];
  const tokens = async (drafts: boolean) => {
    adaptive.rewind();
    const found = [];
    const thresholds = { exit: -1, shortlist: -1, gate: 0.02 };
    for await (const token of adaptiveTokens(adaptive, prompt, { thresholds, drafts, maxTokens: 40 }))
      found.push(token);
    return found;
  };
  const plain = await tokens(false);
  expect(plain).toHaveLength(40);
  expect(await tokens(true)).toEqual(plain);
  adaptive.dispose();
});

it.each([
  ['mostly right', 1],
  ['mostly wrong', 0],
] as const)('drafts for itself, %s, and says what the whole model says', async (_, identity) => {
  const { width } = model.config;
  // What the first layer leaves is near what the last leaves.
  const weight = exits.map.weight.map((value, i) => (identity ? Number(i % (width + 1) === 0) : value));
  const list = await pickHead(
    model,
    Array.from({ length: model.config.vocabulary }, (_, id) => id),
  );
  const guessing = { ...exits, map: { ...exits.map, weight }, list };
  const plain = await Decoder.open(model, { threads: 1, maxLength: LENGTH });
  const adaptive = await AdaptiveDecoder.open(model, guessing, { threads: 1, maxLength: LENGTH });
  const prompt = [5, 17, 200, 31];
  const speak = async (own: OwnDrafts, options: SamplingOptions = {}) => {
    own.rewind(0);
    const found: number[] = [];
    for await (const id of speculate(own, prompt, new Sampler(options), own, { maxTokens: 50 })) found.push(id);
    return found;
  };
  const expected = await generateIds(plain, prompt, { maxTokens: 50 });
  const bold = new OwnDrafts(adaptive, 0);
  expect(await speak(bold)).toEqual(expected);
  expect(bold.counts.drafted).toBeGreaterThan(20);
  expect(bold.counts.right / bold.counts.drafted > 0.5).toBe(identity === 1);
  // By itself it soon leaves off what is mostly wrong.
  const careful = new OwnDrafts(adaptive);
  expect(await speak(careful)).toEqual(expected);
  expect(careful.counts.drafted < bold.counts.drafted / 2).toBe(identity === 0);
  // Drawn at random, a seed repeats itself.
  const drawn = await speak(new OwnDrafts(adaptive, 0), { temperature: 1, seed: 4 });
  expect(drawn).not.toEqual(expected);
  expect(await speak(new OwnDrafts(adaptive, 0), { temperature: 1, seed: 4 })).toEqual(drawn);
  plain.dispose();
  adaptive.dispose();
});

it('scores a hidden state by its direction', () => {
  const hidden = Float32Array.of(3, 4);
  const gate = { weight: Float32Array.of(1, -1), bias: 0.5 };
  expect(gateScore(hidden, gate)).toBeCloseTo(0.5 - 1 / Math.sqrt(12.5), 5);
  expect(gateScore(hidden.map((x) => 10 * x) as Float32Array, gate)).toBeCloseTo(gateScore(hidden, gate), 5);
});
