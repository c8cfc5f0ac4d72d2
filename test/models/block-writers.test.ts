/** Every block format we write: what is read back is as near the source as llama.cpp's own quantizer comes, or nearer. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { dequantizeBlocks, quantizeBlocks, WRITABLE_BLOCKS } from '../../app/models/weights/index.ts';
import { Random } from '../../app/tensor/random.ts';

const folder = join(import.meta.dirname, '../fixtures/gguf/k-blocks');
const reference = await safetensorsConstants(join(folder, 'reference.safetensors'));
const { types } = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'));
const source = (await readConstant(reference.get('random_source')!)).data as Float32Array;

const rmse = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length);

it.each(Object.keys(types) as ('Q4_K' | 'Q5_K' | 'Q6_K' | 'IQ4_NL')[])('%s comes nearer than llama.cpp', (type) => {
  const error = rmse(dequantizeBlocks(type, quantizeBlocks(type, source)), source);
  expect(error).toBeLessThanOrEqual(types[type].random_rmse);
});

const random = new Random([5]);
const bell = Float32Array.from({ length: 4096 }, () => random.fraction() + random.fraction() + random.fraction() - 1.5);

it.each(WRITABLE_BLOCKS)('%s: flat, tiny, huge and one-sided blocks come back whole', (type) => {
  const back = (values: Float32Array) => dequantizeBlocks(type, quantizeBlocks(type, values));
  expect(back(new Float32Array(256)).every((v) => v === 0)).toBe(true);
  for (const [factor, offset] of [
    [1e-6, 0],
    [1e3, 0],
    [1, 2],
    [1, -2],
    [0, 0.5],
  ]) {
    const values = bell.map((v) => factor * v + offset);
    const size = Math.max(...values.map(Math.abs));
    const error = rmse(back(values), values);
    expect(Number.isFinite(error)).toBe(true);
    expect(error / size).toBeLessThan(factor === 1e-6 ? 1 : 0.25);
  }
});

it('fewer bits, more error', () => {
  const errors = (['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q3_K', 'Q2_K'] as const).map((type) =>
    rmse(dequantizeBlocks(type, quantizeBlocks(type, bell)), bell),
  );
  expect(errors).toEqual([...errors].sort((a, b) => a - b));
  // A bit fewer is at most about two and a half times the error.
  for (let i = 1; i < errors.length; i++) expect(errors[i] / errors[i - 1]).toBeLessThan(4.2);
});

it.each(WRITABLE_BLOCKS.filter((type) => type !== 'Q8_0'))(
  '%s: where importance says so, errors are smaller',
  (type) => {
    const importance = Float32Array.from({ length: 256 }, (_, i) => (i % 7 === 0 ? 50 : 0.02));
    const weighted = (blocks: Uint8Array) =>
      dequantizeBlocks(type, blocks).reduce((sum, v, i) => sum + importance[i % 256] * (v - bell[i]) ** 2, 0);
    expect(weighted(quantizeBlocks(type, bell, importance))).toBeLessThan(0.97 * weighted(quantizeBlocks(type, bell)));
  },
);
