/** Bits for every part of a model under a budget: the solver against all combinations, and whole models that fit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesOfSize } from '../../app/files/byte-size.ts';
import { openModel } from '../../app/models/model.ts';
import { modelSize } from '../../app/models/size.ts';
import { type Choice, solveBudget } from '../../app/techniques/quantize/budget.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { Random } from '../../app/tensor/random.ts';
import { lossTotals, quantizedLayers } from '../../renderer/pages/jobs/result/quantize-report.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-mixed-'));
afterAll(() => rm(work, { recursive: true }));

describe('the solver', () => {
  const random = new Random([3]);
  const parts: Choice<number>[][] = Array.from({ length: 6 }, () => {
    const weight = random.fraction() ** 3;
    return [2, 3, 4, 8].map((bits) => ({ form: bits, bytes: 100 * bits, loss: weight * 4 ** -bits * 256 }));
  });
  const total = (chosen: readonly Choice<number>[], key: 'bytes' | 'loss') => chosen.reduce((n, c) => n + c[key], 0);

  it.each([1300, 1700, 2400, 3300, 4800])('comes near the best of all combinations in %i bytes', (budget) => {
    let best = Number.POSITIVE_INFINITY;
    const walk = (i: number, bytes: number, loss: number) => {
      if (bytes > budget) return;
      if (i === parts.length) best = Math.min(best, loss);
      else for (const choice of parts[i]) walk(i + 1, bytes + choice.bytes, loss + choice.loss);
    };
    walk(0, 0, 0);
    const chosen = solveBudget(parts, budget)!;
    expect(total(chosen, 'bytes')).toBeLessThanOrEqual(budget);
    expect(total(chosen, 'loss')).toBeLessThanOrEqual(1.1 * best + 1e-12);
  });

  it('says when nothing fits', () => {
    expect(solveBudget(parts, 1100)).toBeUndefined();
  });
});

it('reads sizes', () => {
  expect(['92MB', '1.5GB', '10 MiB', '3kB'].map(bytesOfSize)).toEqual([92e6, 1.5e9, 10 * 2 ** 20, 3000]);
});

const random = new Random([1]);
const calibration = Array.from({ length: 8 }, () =>
  Int32Array.from({ length: 32 }, () => Math.floor(random.fraction() * 90)),
);

it.each([['llama'], ['gpt2']])('%s fits the sizes asked for, and has less loss the larger they are', async (name) => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models', name));
  const losses: number[] = [];
  const sizes = name === 'llama' ? [135, 155, 175] : [212, 232, 252];
  for (const kilobytes of sizes) {
    const out = join(work, `${name}-${kilobytes}`);
    const options = quantizeSchema.parse({ targetSize: `${kilobytes}kB`, accuracyLevel: 1 });
    const { parts } = await quantize(model, out, options, { threads: 1, calibration });
    expect(await modelSize(out)).toBeLessThanOrEqual(kilobytes * 1000);
    losses.push(parts!.reduce((sum, { loss }) => sum + loss!, 0));
    const shown = quantizedLayers(JSON.parse(JSON.stringify({ parts })))!;
    expect(lossTotals(shown)!.loss).toBeCloseTo(losses.at(-1)!, 9);
    expect(shown.filter(({ name: layer }) => /\d/.test(layer))).toHaveLength(model.config.layers);
  }
  expect(losses[1]).toBeLessThan(losses[0]);
  expect(losses[2]).toBeLessThan(losses[1]);
});

it('refuses a size that cannot be met', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const options = quantizeSchema.parse({ targetSize: '20kB' });
  await expect(quantize(model, join(work, 'small'), options, { threads: 1, calibration })).rejects.toMatchObject({
    code: 'arguments/incompatible',
    message: expect.stringContaining('at least'),
  });
});
