/** A latency is reached by measuring models of fewer parts, and no more goes than it takes. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { pruneAndRecover } from '../../app/techniques/prune/prune-and-recover.ts';
import { type PruneOptions, pruneSchema } from '../../app/techniques/prune/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-latency-'));
afterAll(() => rm(work, { recursive: true }));
const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
const TEXT = Array.from({ length: 64 }, (_, i) => (7 * i * i + 3 * i + 1) % 150);

/** A machine on which a model takes a microsecond for every parameter, and one millisecond in any case. */
const latency = async (folder: string) => 1 + (await openModel(folder)).parameters / 1000;

let counter = 0;
const reach = (options: Partial<PruneOptions>) =>
  pruneAndRecover(whole, join(work, `out-${counter++}`), pruneSchema.parse(options), {
    calibration: async () => [TEXT],
    threads: 1,
    latency,
    recover: () => Promise.reject(new Error('nothing is recovered here')),
  });

it.each([
  [{ method: 'width' }, 'token', 0.8],
  [{ method: 'width', part: 'channels' }, 'first-token', 0.7],
  [{ method: 'depth' }, 'token', 0.9],
] as const)('%o: %s at %f of the parameters', async (parts, kind, share) => {
  const target = 1 + (share * whole.parameters) / 1000;
  const options = { ...parts, [kind === 'token' ? 'targetLatency' : 'targetFirstToken']: target };
  const { latency: found, model } = await reach(options);
  expect(found).toMatchObject({ target, before: 1 + whole.parameters / 1000, reached: true });
  expect(found!.kind).toBe(kind);
  expect(found!.after).toBe(await latency(model));
  expect(found!.after).toBeLessThanOrEqual(target);
  expect(found!.tries.length).toBeGreaterThan(0);
  expect(found!.tries.length).toBeLessThanOrEqual(6);
  if (parts.method === 'width') expect(found!.after).toBeGreaterThan(0.85 * target);
  expect((await readdir(work)).filter((name) => name.includes('try'))).toEqual([]);
});

it.each([
  [{ method: 'depth', targetLatency: 1e6 }, 'arguments/invalid'],
  [{ method: 'depth', targetLatency: 1.001 }, 'prune/too-much'],
  [{ method: 'depth', targetLatency: 5, amount: 1 }, 'arguments/incompatible'],
  [{ method: 'wanda', targetLatency: 5 }, 'arguments/incompatible'],
  [{ method: 'vocabulary', targetLatency: 5 }, 'arguments/incompatible'],
] as const)('refuses %o: %s', async (options, code) => {
  await expect(reach(options)).rejects.toMatchObject({ code });
});
