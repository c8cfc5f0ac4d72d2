/** A rotated model computes what it did before, for all the mixing of its weights, and is rounded like any other. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { rotateModel } from '../../app/techniques/quantize/rotation/rotate-model.ts';
import { Rotation } from '../../app/techniques/quantize/rotation/rotation.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { Random } from '../../app/tensor/random.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-rotation-'));
afterAll(() => rm(work, { recursive: true }));
const IDS = [1, 5, 9, 2, 7, 3];

async function logitsOf(folder: string): Promise<Float32Array> {
  const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 64 });
  const { data } = await decoder.extend(IDS, [...IDS.keys()]);
  const logits = Float32Array.from(data as Float32Array);
  decoder.dispose();
  return logits;
}

const furthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

it.each([8, 36, 9, 576])('of %i features keeps lengths and angles, and spreads what stands out', (width) => {
  const rotation = new Rotation(width, 3);
  const random = new Random([1]);
  const rows = rotation.rows(Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0)));
  for (let n = 0; n < 50; n++) {
    const [a, b] = [random.below(width), random.below(width)];
    let dot = 0;
    for (let i = 0; i < width; i++) dot += rows[a * width + i] * rows[b * width + i];
    expect(dot).toBeCloseTo(Number(a === b), 5);
  }
  expect(furthest(rows, new Float32Array(rows.length))).toBeLessThan(width === 9 ? 0.99 : 0.9);
});

// Embedding and head apart, and one; biases; norms of queries and keys.
it.each(['llama', 'qwen2', 'qwen3', 'llama3-rope'])('%s stays what it is', async (name) => {
  const source = await openModel(join(ROOT, name));
  const rotated = await rotateModel(source, join(work, name));
  expect(furthest(await logitsOf(rotated.folder), await logitsOf(source.folder))).toBeLessThan(1e-4);
  const weight = 'model.layers.0.mlp.down_proj.weight';
  const [a, b] = await Promise.all([source, rotated].map(({ weights }) => readFloats(weights.get(weight)!)));
  expect(furthest(a, b)).toBeGreaterThan(0.01);
});

it('comes before any rounding, with a head of its own', async () => {
  const source = await openModel(join(ROOT, 'qwen2'));
  const options = quantizeSchema.parse({ method: 'gptq', bits: 8, rotate: true, accuracyLevel: 1 });
  const calibration = [Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 90)];
  const out = join(work, 'rounded');
  const { notes } = await quantize(source, out, options, { threads: 1, calibration });
  expect(notes).toEqual([expect.stringContaining('int8 activations')]);
  const exact = await logitsOf(source.folder);
  const largest = furthest(exact, new Float32Array(exact.length));
  expect(furthest(await logitsOf(out), exact) / largest).toBeLessThan(0.04);
  expect((await openStored(out)).formats.get('lm_head')).toMatchObject({ bits: 8 });
  const { steps } = JSON.parse(await readFile(join(out, 'lathe.json'), 'utf8'));
  expect(steps.map(({ technique }: { technique: string }) => technique)).toEqual(['quantize']);
});

it('is refused where it is not exact', async () => {
  const source = await openModel(join(ROOT, 'gpt2'));
  const options = quantizeSchema.parse({ rotate: true });
  await expect(quantize(source, join(work, 'none'), options)).rejects.toMatchObject({
    code: 'arguments/incompatible',
    message: expect.stringContaining('gpt2'),
  });
});
