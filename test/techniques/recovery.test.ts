/** Scales trained against the source bring predictions back that rounding took, on text they have not seen too. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { divergence } from '../../app/evaluate/perplexity.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { Random } from '../../app/tensor/random.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-recovery-'));
afterAll(() => rm(work, { recursive: true }));

const random = new Random([2]);
const text = (length: number) => Int32Array.from({ length }, () => Math.floor(random.fraction() * 90));
const calibration = Array.from({ length: 64 }, () => text(32));
const unseen = text(128);

async function distance(folder: string, source: string, tokens = unseen): Promise<number> {
  const decoders = await Promise.all(
    [folder, source].map(async (path) => Decoder.open(await openStored(path), { threads: 1, maxLength: 32 })),
  );
  const result = await divergence(decoders[0], decoders[1], tokens, { context: 32, stride: 32 });
  for (const decoder of decoders) decoder.dispose();
  return result.klDivergence.mean;
}

it.each([
  ['llama', 'codes', false, 16],
  ['llama', 'scales', false, 16],
  // A scale a row.
  ['qwen2', 'codes', true, 0],
  // Its matrices are stored the other way round.
  ['gpt2', 'codes', true, 16],
] as const)('%s in 3 bits, %s', async (name, recover, symmetric, groupSize) => {
  const model = await openModel(join(ROOT, name));
  const common = { bits: 3, groupSize, symmetric, recover, accuracyLevel: 1 };
  const [plain, recovered] = ['plain', 'recovered'].map((kind) => join(work, `${name}-${recover}-${kind}`));
  await quantize(model, plain, quantizeSchema.parse(common), { threads: 1 });
  const options = quantizeSchema.parse({ ...common, recoverSteps: 24, recoverRate: 0.02 });
  const { recovery, recovered: said } = await quantize(model, recovered, options, { threads: 1, calibration });
  expect(recovery).toHaveLength(24);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  // The same windows at the beginning and at the end.
  expect(mean(recovery!.slice(-4))).toBeLessThan(0.9 * mean(recovery!.slice(0, 4)));
  const source = join(ROOT, name);
  expect(await distance(recovered, source)).toBeLessThan(await distance(plain, source));
  // What is said of text that was set apart is what the evaluation of the files says of that text.
  const held = Int32Array.from(calibration.slice(-8).flatMap((window) => [...window]));
  expect(said!.tokens).toBe(8 * 31);
  expect(said!.divergenceBefore).toBeCloseTo(await distance(plain, source, held), 3);
  expect(said!.divergenceAfter).toBeCloseTo(await distance(recovered, source, held), 3);
  expect(said!.divergenceAfter).toBeLessThan(said!.divergenceBefore);
});

it('needs text', async () => {
  const model = await openModel(join(ROOT, 'llama'));
  const options = quantizeSchema.parse({ bits: 3, recoverSteps: 1 });
  await expect(quantize(model, join(work, 'none'), options, { threads: 1 })).rejects.toMatchObject({
    code: 'arguments/incompatible',
    message: expect.stringContaining('recovery'),
  });
});
