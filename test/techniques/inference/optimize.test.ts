/** A real search on a small model: what it promises about answers holds, and what it finds is used on this machine only. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../../app/models/model.ts';
import { PROFILE_FILE, storedSettings, storeProfile, withFlags } from '../../../app/models/run-profile.ts';
import { openStored } from '../../../app/models/stored.ts';
import { actingFusions } from '../../../app/techniques/inference/acting-fusions.ts';
import { Bench } from '../../../app/techniques/inference/bench.ts';
import { type Candidate, DEFAULT } from '../../../app/techniques/inference/candidates.ts';
import { optimize } from '../../../app/techniques/inference/optimize.ts';
import { optimizeSchema } from '../../../app/techniques/inference/schema.ts';
import { quantize } from '../../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../../app/techniques/quantize/schema.ts';

const LLAMA = join(import.meta.dirname, '../../fixtures/models/llama');
const work = await mkdtemp(join(tmpdir(), 'lathe-optimize-'));
afterAll(() => rm(work, { recursive: true }));

const context = {
  text: Array.from({ length: 96 }, (_, i) => (i * 37 + 5) % 96),
  makeCopy: async (format: string, folder: string) => {
    const how = format === 'int8' ? { bits: 8, groupSize: 16, accuracyLevel: 1 } : { groupSize: 16, accuracyLevel: 1 };
    await quantize(await openModel(LLAMA), folder, quantizeSchema.parse(how), { threads: 1 });
  },
  peakMemory: async (folder: string, { prepack }: { prepack?: boolean }) =>
    (folder === LLAMA ? 300e6 : 200e6) - (prepack === false ? 50e6 : 0),
};

it('finds a way whose answers are the same, unless others are allowed', async () => {
  // No package of ONNX Runtime for Node holds CUDA.
  const devices = ['cuda'] as const;
  const found = await optimize(LLAMA, work, optimizeSchema.parse({ budget: 5 }), { ...context, devices });
  expect(found.refused).toEqual([expect.stringMatching(/^cuda \(cuda does not run this model here: .*CUDA/)]);
  expect(found.trials.some(({ words }) => words.includes('cuda'))).toBe(false);
  const default_ = found.trials.find(({ words }) => words === 'as it is');
  expect(default_?.n).toBeGreaterThan(1);
  for (const { n, latencyMs, tokensPerSecond } of found.trials) {
    expect(n).toBeGreaterThan(0);
    expect(latencyMs! * tokensPerSecond!).toBeCloseTo(1000);
  }
  expect(found.profile.format).toBe('as it is');
  expect(found.profile.cacheType).toBeUndefined();
  expect(found.sameness.divergence).toBeLessThanOrEqual(1e-6);
  expect(found.gain.low).toBeLessThanOrEqual(found.gain.ratio);
  expect(found.gain.ratio).toBeLessThanOrEqual(found.gain.high);
  expect(found.profile).toBe(found.gain.sure ? found.best.settings : found.usual.settings);
  expect(found.usual.curve[0]?.batch).toBe(1);
});

it('takes the least memory where that is the goal, and refuses what diverges too much', async () => {
  const lossy = optimizeSchema.parse({ goal: 'memory', allowQuantized: true, budget: 8 });
  const found = await optimize(LLAMA, join(work, 'lossy'), lossy, context);
  expect(found.profile.format).not.toBe('as it is');
  expect(found.profile.prepack).toBe(false);
  expect(found.gain.ratio).toBeCloseTo(2);
  expect(found.sameness.divergence).toBeGreaterThan(0);
  const strict = optimizeSchema.parse({ goal: 'memory', maxDivergence: 1e-7, budget: 8 });
  const kept = await optimize(LLAMA, join(work, 'strict'), strict, context);
  expect(kept.profile).toMatchObject({ format: 'as it is', prepack: false });
  expect(kept.refused.some((words) => words.startsWith('int4'))).toBe(true);
});

it('offers fusions that act on the model, and answers are the same whichever setting is taken', async () => {
  const stored = await openStored(LLAMA);
  expect(actingFusions(stored, 96)).toEqual(['skip-norm']);
  expect(actingFusions(await openStored(join(LLAMA, '../gpt2')), 96)).toEqual(['pack-attention']);
  const bench = await Bench.open({ folders: new Map([['as it is', LLAMA]]), text: context.text });
  try {
    const ways: Partial<Candidate>[] = [
      { pinned: true, threads: 2 },
      { optimization: 'basic' },
      { optimization: 'none' },
      ...actingFusions(stored, 96).map((name) => ({ withoutFusions: [name] })),
    ];
    for (const way of ways) {
      const { divergence, topAgreement } = await bench.sameness({ ...DEFAULT, ...way });
      expect([divergence < 1e-6, topAgreement], JSON.stringify(way)).toEqual([true, 1]);
    }
  } finally {
    bench.dispose();
  }
});

it('measures what prompts in int8 cost and bring, for one request and for many', async () => {
  const folder = join(work, 'blocks');
  await context.makeCopy('int4', folder);
  const prompt = Array.from({ length: 100 }, (_, i) => context.text[i % context.text.length]);
  const folders = new Map([['as it is', folder]] as const);
  const bench = await Bench.open({ folders, text: context.text, prompt, sample: prompt });
  try {
    const way = { ...DEFAULT, promptType: 'int8' } as const;
    const { divergence } = await bench.sameness(way);
    expect(divergence).toBeGreaterThan(1e-6);
    expect(divergence).toBeLessThan(0.1);
    expect(await bench.measure(way, 'answer')).toBeGreaterThan(0);
    expect(await bench.measure({ ...way, batch: 2 }, 'batch')).toBeGreaterThan(0);
  } finally {
    bench.dispose();
  }
});

it('refuses prompts that leave no room for an answer', async () => {
  const options = optimizeSchema.parse({ promptTokens: 4000 });
  await expect(optimize(LLAMA, join(work, 'long'), options, context)).rejects.toMatchObject({
    code: 'arguments/invalid',
  });
});

it('stores settings that hold on this machine, under what flags say', async () => {
  const folder = join(work, 'model');
  await cp(LLAMA, folder, { recursive: true });
  expect(await storedSettings(folder)).toEqual({});
  const way = { threads: 1, spin: true, pinned: true, optimization: 'none', withoutFusions: ['skip-norm'] } as const;
  await storeProfile(folder, way, { goal: 'latency' });
  const settings = await storedSettings(folder);
  expect(settings).toEqual(way);
  expect(withFlags(settings, { threads: 2, cacheType: undefined })).toEqual({ ...way, threads: 2 });
  // What was found for the processor says nothing about a device, nor the other way round.
  expect(withFlags(settings, { device: 'webgpu' })).toEqual({ device: 'webgpu' });
  expect(withFlags(settings, { device: 'cpu' })).toEqual({ ...way, device: 'cpu' });
  expect(withFlags({ device: 'webgpu', batch: 4 }, { device: 'cpu', threads: 1 })).toEqual({
    device: 'cpu',
    threads: 1,
  });
  const stored = JSON.parse(await readFile(join(folder, PROFILE_FILE), 'utf8'));
  await writeFile(join(folder, PROFILE_FILE), JSON.stringify({ ...stored, machine: 'another, 64 threads' }));
  expect(await storedSettings(folder)).toEqual({});
});
