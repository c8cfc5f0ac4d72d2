/** NEFTune: how loud the noise is, that it is added to the embeddings and to nothing else, and that runs repeat it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EncodedStore, Random } from '../../app/datasets/index.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { makeBatch } from '../../app/techniques/finetune/batch.ts';
import { embeddingNoise } from '../../app/techniques/finetune/embedding-noise.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { openTraining } from '../../app/techniques/finetune/open-training.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { makeUnpaddedBatch } from '../../app/techniques/finetune/unpadded.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-noise-'));
afterAll(() => rm(work, { recursive: true }));

const EXAMPLES = [5, 11, 40].map((length, e) => Array.from({ length }, (_, i) => 60 * e + i + 1));
const store = new EncodedStore();
for (const ids of EXAMPLES) store.add(Int32Array.from(ids), Int32Array.from(ids));
const rows = EXAMPLES.map((ids) => ({ ids, labels: ids }));

it.each([
  ['without padding', makeUnpaddedBatch(rows)],
  ['with padding', makeBatch(rows.map((row) => ({ ...row, segments: row.ids.map(() => 1) })))],
])('is as loud as the length of each example says, %s', (_, { inputs }) => {
  const width = 64;
  const values = embeddingNoise(inputs, width, 5, new Random(3)).data as Float32Array;
  const ids = inputs.input_ids.data as BigInt64Array;
  let padding = 0;
  for (const { length, 0: first } of EXAMPLES) {
    const own = [...ids].flatMap((id, token) =>
      id >= first && id < first + length ? [...values.subarray(token * width, (token + 1) * width)] : [],
    );
    const limit = 5 / Math.sqrt(length * width);
    expect(own).toHaveLength(length * width);
    expect(Math.max(...own.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(Math.max(...own.map(Math.abs))).toBeGreaterThan(0.95 * limit);
    // Uniform: the mean square is a third of the limit's.
    const square = own.reduce((sum, v) => sum + v * v, 0) / own.length;
    expect(square / limit ** 2).toBeCloseTo(1 / 3, 1);
  }
  ids.forEach((id, token) => {
    if (id === 0n && values.subarray(token * width, (token + 1) * width).every((v) => v === 0)) padding += 1;
  });
  expect(padding).toBe([...ids].filter((id) => id === 0n).length);
});

it('trains as a model would whose embeddings were noisy, and is measured without', async () => {
  const qwen = await openModel(join(import.meta.dirname, '../fixtures/models/qwen2'));
  const settings = { rank: 2, batchSize: 3, maxLength: 64, seed: 7, schedule: 'constant', learningRate: 1e-2 } as const;
  const data = { store, path: 'x' };
  const options = finetuneSchema.parse({ ...settings, neftune: 8 });
  const noisy = await openTraining(qwen, data, options, 1);
  const [batch] = await noisy.source.batches(0);
  const { loss } = await noisy.trainer.step([batch], 0);
  const second = await noisy.trainer.step([batch], 0);
  noisy.trainer.dispose();

  // No id comes twice, so noise on a token is noise on a row of the table; the head is a table of its own.
  const name = 'model.embed_tokens.weight';
  const table = Float32Array.from(await readFloats(qwen.weights.get(name)!));
  const { inputs } = batch;
  const noise = embeddingNoise(inputs, 64, 8, new Random([7, 0, 0, 0, 0x6e656674])).data as Float32Array;
  (inputs.input_ids.data as BigInt64Array).forEach((id, token) => {
    for (let i = 0; i < 64; i++) table[Number(id) * 64 + i] += noise[token * 64 + i];
  });
  const changed = join(work, 'changed');
  const step = { technique: 'finetune', options: {}, at: '2026-01-01T00:00:00.000Z' } as never;
  await writeModelFolder(changed, qwen, { replaced: new Map([[name, () => table]]), step, dtype: 'float32' });
  const plain = await openTraining(await openModel(changed), data, finetuneSchema.parse(settings), 1);
  expect((await plain.trainer.step([batch], 0)).loss).toBeCloseTo(loss, 5);
  plain.trainer.dispose();
  expect(Math.abs(second.loss - loss)).toBeGreaterThan(1e-6);

  const run = async (neftune: number) => {
    const out = join(work, `run-${neftune}`);
    return finetune(qwen, data, out, { ...options, neftune, steps: 1, evalSteps: 1 }, { threads: 1, validation: data });
  };
  const [quiet, loud] = [await run(0), await run(8)];
  expect(loud.evaluations[0]).toEqual(quiet.evaluations[0]);
  expect(loud.losses[0]).toBeCloseTo(loss, 5);
  expect(quiet.losses[0]).not.toBeCloseTo(loss, 4);
});
