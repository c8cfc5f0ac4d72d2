/** The search for a learning rate: what a curve says, and a search on a real model, which stays as it is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { searchLearningRate, suggestRate } from '../../app/techniques/finetune/learning-rate.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures');

/** 101 rates from 1e-6 to 1. */
const curve = (loss: (exponent: number, i: number) => number) =>
  Array.from({ length: 101 }, (_, i) => {
    const exponent = -6 + 0.06 * i;
    return { learningRate: 10 ** exponent, loss: loss(exponent, i) };
  });
const noise = (i: number) => 0.02 * Math.sin(12.9898 * i);

describe('what a curve says', () => {
  it('is the rate of the steepest fall, where that is well below the lowest loss', () => {
    // Falls around 1e-4, flat until it rises at 1e-1.
    const found = suggestRate(
      curve((x, i) => 3 - 2 / (1 + Math.exp(-4 * (x + 4))) + Math.exp(6 * (x + 1)) + noise(i)),
    )!;
    expect(Math.log10(found.suggestion)).toBeCloseTo(-4, 0);
    expect(Math.abs(Math.log10(found.suggestion) + 4)).toBeLessThan(0.2);
    expect(Math.log10(found.minimum)).toBeGreaterThan(-3);
  });

  it('is a tenth of the lowest where the fall is steepest just before', () => {
    const { suggestion, minimum } = suggestRate(curve((x) => (x < -2 ? 3 - Math.exp(2 * (x + 2)) : 2 + 10 * (x + 2))))!;
    expect(suggestion).toBeCloseTo(minimum / 10, 6);
  });

  it('is nothing where the loss never falls, or where there is too little of it', () => {
    expect(suggestRate(curve((x) => 3 + Math.exp(x)))).toBeUndefined();
    expect(suggestRate(curve((x) => 3 - x).slice(0, 8))).toBeUndefined();
  });
});

describe('a search', () => {
  it('ends when the loss rises, suggests a rate between, and leaves the model as it is', async () => {
    const folder = join(ROOT, 'models/llama');
    const before = await readFile(join(folder, 'model.safetensors'));
    const options = finetuneSchema.parse({ method: 'full', schedule: 'constant' });
    const data = { tokens: join(ROOT, 'train/llama-full/train.safetensors') };
    const points: number[] = [];
    const search = await searchLearningRate(
      await openModel(folder),
      data,
      options,
      { lowest: 1e-5, highest: 100, steps: 60 },
      { threads: 1, onPoint: ({ learningRate }) => points.push(learningRate) },
    );
    expect(search.diverged).toBe(true);
    expect(search.curve.length).toBeLessThan(60);
    expect(points).toEqual(search.curve.map(({ learningRate }) => learningRate));
    expect(points[1] / points[0]).toBeCloseTo((100 / 1e-5) ** (1 / 59), 6);
    expect(search.suggestion).toBeGreaterThan(1e-5);
    expect(search.suggestion!).toBeLessThan(search.minimum!);
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(before);
  });
});
