/** What recovery and rounds do to a pruned model. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recoverPruned } from '../../app/cli/recover-pruned.ts';
import { EncodedStore } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { pruneAndRecover } from '../../app/techniques/prune/prune-and-recover.ts';
import { type PruneOptions, pruneSchema } from '../../app/techniques/prune/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-recover-'));
afterAll(() => rm(work, { recursive: true }));
const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
const text = Array.from({ length: 256 }, (_, i) => (7 * i * i + 3 * i + 1) % 150);
const store = new EncodedStore();
for (let i = 0; i < text.length; i += 32) {
  const ids = Int32Array.from(text.slice(i, i + 32));
  store.add(ids, ids);
}

let counter = 0;
async function recovered(given: Partial<PruneOptions>) {
  const name = `out-${counter++}`;
  const options = pruneSchema.parse({ recoverSteps: 4, recoverLength: 32, recoverLearningRate: 1e-3, ...given });
  const result = await pruneAndRecover(whole, join(work, name), options, {
    calibration: async () => [text],
    threads: 1,
    recover: (pruned, out, steps) =>
      recoverPruned(pruned, whole, out, options, steps, {
        training: async () => ({ store, path: 'text.txt' }),
        teachers: join(work, 'teachers'),
        threads: 1,
      }),
  });
  return { result, model: await openModel(join(work, name)) };
}

it.each(['lora', 'full', 'distill'] as const)('learns by %s after a layer went', async (recover) => {
  const { result, model } = await recovered({
    method: 'depth',
    amount: 1,
    recover,
    recoverSteps: 12,
    recoverLearningRate: 5e-3,
  });
  expect(model.config.layers).toBe(whole.config.layers - 1);
  expect(result.recovery).toMatchObject({ method: recover, steps: 12, rounds: 1 });
  const losses = result.recovery!.losses;
  expect(losses.at(-1)!).toBeLessThan(losses[0]);
  expect(model.parameters).toBe(result.parametersAfter);
});

it.each(['full', 'distill'] as const)('keeps zeros while it learns by %s', async (recover) => {
  const plain = await recovered({ method: 'wanda' });
  const { result, model } = await recovered({ method: 'wanda', recover });
  let changed = 0;
  for (const [name, before] of plain.model.weights) {
    if (!/\d.*_proj\.weight$/.test(name)) continue;
    const [was, is] = [await readFloats(before), await readFloats(model.weights.get(name)!)];
    was.forEach((v, i) => {
      if (v === 0) expect(is[i]).toBe(0);
      else changed += Number(is[i] !== v);
    });
  }
  expect(changed).toBeGreaterThan(result.removed.of / 4);
});

it('takes turns, and leaves nothing behind', async () => {
  const rounds = await recovered({ method: 'width', amount: 20, recover: 'full', iterations: 2 });
  expect(rounds.result.recovery).toMatchObject({ rounds: 2, steps: 4 });
  expect(rounds.result.removed.neurons).toBe(20);
  const sparse = await recovered({ method: 'sparsegpt', amount: 0.5, recover: 'full', iterations: 2 });
  expect(sparse.result.removed.weights as number).toBeCloseTo(sparse.result.removed.of / 2, -2);
  expect((await readdir(work)).filter((name) => !/^(out-\d+|teachers)$/.test(name))).toEqual([]);
});

it('leaves nothing behind where recovery is cancelled', async () => {
  const cancel = new AbortController();
  const options = pruneSchema.parse({
    method: 'depth',
    amount: 1,
    recover: 'full',
    recoverSteps: 9,
    recoverLength: 32,
  });
  const out = join(work, 'cancelled');
  const run = pruneAndRecover(whole, out, options, {
    calibration: async () => [text],
    threads: 1,
    recover: (pruned, folder, steps) =>
      recoverPruned(pruned, whole, folder, options, steps, {
        training: async () => ({ store, path: 'text.txt' }),
        teachers: join(work, 'teachers'),
        threads: 1,
        signal: cancel.signal,
        onStep: () => cancel.abort(),
      }),
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect((await readdir(work)).filter((name) => name.startsWith('cancelled'))).toEqual([]);
});

it.each([
  [{ method: 'wanda', recover: 'lora' }],
  [{ method: 'vocabulary', recover: 'distill' }],
  [{ method: 'vocabulary', iterations: 2 }],
  [{ method: 'wanda', pattern: '2:4', iterations: 2 }],
] as const)('refuses %o', async (options) => {
  await expect(recovered(options)).rejects.toMatchObject({ code: 'arguments/incompatible' });
});
