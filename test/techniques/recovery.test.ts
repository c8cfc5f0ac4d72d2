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
const calibration = Array.from({ length: 8 }, () => text(32));
const unseen = text(128);

async function distance(folder: string, source: string): Promise<number> {
  const decoders = await Promise.all(
    [folder, source].map(async (path) => Decoder.open(await openStored(path), { threads: 1, maxLength: 32 })),
  );
  const result = await divergence(decoders[0], decoders[1], unseen, { context: 32, stride: 32 });
  for (const decoder of decoders) decoder.dispose();
  return result.klDivergence.mean;
}

it.each([
  ['llama', false],
  // Its matrices are stored the other way round.
  ['gpt2', true],
] as const)('%s in 3 bits', async (name, symmetric) => {
  const model = await openModel(join(ROOT, name));
  const common = { bits: 3, groupSize: 16, symmetric, accuracyLevel: 1 };
  const [plain, recovered] = [join(work, `${name}-plain`), join(work, `${name}-recovered`)];
  await quantize(model, plain, quantizeSchema.parse(common), { threads: 1 });
  const options = quantizeSchema.parse({ ...common, recoverSteps: 40, recoverRate: 0.02 });
  const { recovery } = await quantize(model, recovered, options, { threads: 1, calibration });
  expect(recovery).toHaveLength(40);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  // The same windows at the beginning and at the end.
  expect(mean(recovery!.slice(-4))).toBeLessThan(0.8 * mean(recovery!.slice(0, 4)));
  const source = join(ROOT, name);
  expect(await distance(recovered, source)).toBeLessThan(await distance(plain, source));
});

it('needs text', async () => {
  const model = await openModel(join(ROOT, 'llama'));
  const options = quantizeSchema.parse({ bits: 3, recoverSteps: 1 });
  await expect(quantize(model, join(work, 'none'), options, { threads: 1 })).rejects.toMatchObject({
    code: 'arguments/incompatible',
    message: expect.stringContaining('recovery'),
  });
});
