/** A real search on a small model: what it promises about answers holds, and what it finds is used on this machine only. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../../app/models/model.ts';
import { PROFILE_FILE, storedSettings, storeProfile, withFlags } from '../../../app/models/run-profile.ts';
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
  const found = await optimize(LLAMA, work, optimizeSchema.parse({ budget: 5 }), context);
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

it('stores settings that hold on this machine, under what flags say', async () => {
  const folder = join(work, 'model');
  await cp(LLAMA, folder, { recursive: true });
  expect(await storedSettings(folder)).toEqual({});
  await storeProfile(folder, { threads: 1, spin: true }, { goal: 'latency' });
  const settings = await storedSettings(folder);
  expect(settings).toEqual({ threads: 1, spin: true });
  expect(withFlags(settings, { threads: 2, cacheType: undefined })).toEqual({ threads: 2, spin: true });
  const stored = JSON.parse(await readFile(join(folder, PROFILE_FILE), 'utf8'));
  await writeFile(join(folder, PROFILE_FILE), JSON.stringify({ ...stored, machine: 'another, 64 threads' }));
  expect(await storedSettings(folder)).toEqual({});
});
