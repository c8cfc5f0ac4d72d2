/** Mixed data, rows from short to long and noise in a run: the same bytes after a stop, and another run where a weight differs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EncodedStore, Random } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { type FinetuneContext, finetune } from '../../app/techniques/finetune/finetune.ts';
import { openPreferences, openSource } from '../../app/techniques/finetune/open-source.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-order-'));
afterAll(() => rm(work, { recursive: true }));
const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
const random = new Random(9);
const storeOf = (count: number, first: number): EncodedStore => {
  const store = new EncodedStore();
  for (let i = 0; i < count; i++) {
    const ids = Int32Array.from({ length: 4 + random.below(20) }, () => first + random.below(40));
    store.add(ids, ids);
  }
  return store;
};
/** Ids from 100 on are the first data set's, those from 200 on the second's. */
const mixed = (weight: number) => ({
  store: EncodedStore.joined([one, two]),
  path: 'one',
  parts: [
    { path: 'one', count: 30, weight: 1 - weight },
    { path: 'two', count: 30, weight },
  ],
});
const [one, two] = [storeOf(30, 100), storeOf(30, 200)];
const options = finetuneSchema.parse({
  rank: 2,
  steps: 6,
  batchSize: 2,
  accumulate: 2,
  maxLength: 32,
  neftune: 5,
  curriculum: 0.5,
  checkpointSteps: 1,
  measure: false,
});
const run = (out: string, weight: number, context: FinetuneContext = {}) =>
  finetune(model, mixed(weight), join(work, out), options, { threads: 1, ...context });

it('goes on to the same bytes after a stop, and not with other weights', async () => {
  const whole = await run('whole', 0.25);
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => step === 3 && stop.abort(new Error('stopped'));
  await expect(run('parts', 0.25, { signal: stop.signal, onStep })).rejects.toThrow('stopped');
  await expect(run('parts', 0.3, { resume: true })).rejects.toMatchObject({ code: 'checkpoint/other-run' });
  const parts = await run('parts', 0.25, { resume: true });
  expect(parts.losses).toEqual(whole.losses);
  const bytes = (out: string) => readFile(join(work, out, 'model.safetensors'));
  expect(await bytes('parts')).toEqual(await bytes('whole'));
  const lineage = JSON.parse(await readFile(join(work, 'whole/lathe.json'), 'utf8'));
  expect(lineage.steps.at(-1).options).toMatchObject({ mix: [0.75, 0.25], neftune: 5, curriculum: 0.5 });
});

it('learns from each set as much as its weight says, short rows first', async () => {
  const source = await openSource(model, mixed(0.25), { ...options, packing: false, batchSize: 1, accumulate: 1 });
  const steps = source.steps(1);
  expect(steps).toBe(40);
  const rows = await Promise.all(Array.from({ length: steps }, async (_, step) => (await source.batches(step))[0]));
  const first = rows.map(({ inputs }) => Number((inputs.input_ids.data as BigInt64Array)[0]));
  expect(first.filter((id) => id >= 200)).toHaveLength(10);
  const lengths = rows.map(({ tokens }) => tokens);
  // Half of the six steps: three rows of the forty.
  expect(lengths.slice(0, 3)).toEqual([...lengths.slice(0, 3)].sort((a, b) => a - b));
  const all = await openSource(model, mixed(0.25), {
    ...options,
    curriculum: 1,
    steps: undefined,
    packing: false,
    batchSize: 1,
    accumulate: 1,
  });
  const tokens: number[] = [];
  for (let step = 0; step < 40; step++) tokens.push((await all.batches(step))[0].tokens);
  expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
  expect((await all.batches(41))[0].tokens).not.toBe(tokens[1]);
});

it('mixes pairs of preferences, and begins with the short ones', () => {
  const data = {
    ...mixed(0.5),
    pairs: true,
    parts: mixed(0.5).parts.map((part) => ({ ...part, count: 15 })),
  };
  const settings = {
    ...options,
    objective: 'dpo' as const,
    batchSize: 1,
    accumulate: 1,
    curriculum: 1,
    steps: undefined,
  };
  const source = openPreferences(model, data, settings);
  expect(source.steps(1)).toBe(30);
  const pairs = Array.from({ length: 30 }, (_, step) => source.pairsOf(step)[0]);
  expect(new Set(pairs).size).toBe(30);
  const lengths = pairs.map((pair) => data.store.lengthOf(2 * pair) + data.store.lengthOf(2 * pair + 1));
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
});
