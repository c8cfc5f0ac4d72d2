/** Methods that look at text, on whole small models: closer to the source than rounding to nearest, and repeatable. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { LayerWalk } from '../../app/models/layer-walk.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { Random } from '../../app/tensor/random.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-calibrated-'));
afterAll(() => rm(work, { recursive: true }));

/** The small models know few words. */
const windowsOf = (count: number, seed: number): Int32Array[] => {
  const random = new Random([seed]);
  return Array.from({ length: count }, () => Int32Array.from({ length: 32 }, () => Math.floor(random.fraction() * 90)));
};
const CALIBRATION = windowsOf(48, 1);
const [TEXT] = windowsOf(1, 2);

async function logitsOf(folder: string): Promise<Float32Array> {
  const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 64 });
  const { data } = await decoder.extend([...TEXT], [...TEXT.keys()]);
  const logits = Float32Array.from(data as Float32Array);
  decoder.dispose();
  return logits;
}

const distance = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0);

async function error(name: string, method: 'rtn' | 'gptq' | 'awq' | 'hqq', more: object = {}): Promise<number> {
  const out = join(work, `${name}-${method}-${JSON.stringify(more).replace(/\W/g, '')}`);
  const options = quantizeSchema.parse({ method, symmetric: true, embeddingBits: 16, accuracyLevel: 1, ...more });
  await quantize(await openModel(join(ROOT, name)), out, options, { threads: 1, calibration: CALIBRATION });
  return distance(await logitsOf(out), await logitsOf(join(ROOT, name)));
}

it.each(['llama', 'qwen2', 'gpt2', 'gemma2'])('%s: gptq is closer to the source than rounding', async (name) => {
  const nearest = await error(name, 'rtn');
  expect(await error(name, 'gptq')).toBeLessThan(0.75 * nearest);
  expect(await error(name, 'gptq', { activationOrder: true })).toBeLessThan(0.75 * nearest);
});

it.each(['llama', 'qwen2', 'gpt2'])('%s: awq folds its scales into the layer before', async (name) => {
  // In 8 bits rounding all but disappears: what is left would be a scale that nobody took back.
  expect(await error(name, 'awq', { bits: 8 })).toBeLessThan(0.02 * (await error(name, 'rtn')));
  expect(await error(name, 'awq')).toBeLessThan(await error(name, 'rtn'));
});

it.each([
  [true, 128],
  [false, 128],
  [true, 0],
  [false, 0],
])('every method in groups of any size, symmetric %s, size %i', async (symmetric, groupSize) => {
  // The model's rows are 64 and 160 wide: 0 is a scale a row, 128 a row and a part of one.
  const nearest = await error('qwen2', 'rtn', { groupSize, symmetric });
  expect(await error('qwen2', 'gptq', { groupSize, symmetric })).toBeLessThan(0.85 * nearest);
  expect(await error('qwen2', 'awq', { groupSize, symmetric })).toBeLessThan(nearest);
  expect(await error('qwen2', 'hqq', { groupSize, symmetric })).toBeLessThan(1.1 * nearest);
  expect(nearest).toBeGreaterThan(await error('qwen2', 'rtn', { groupSize: 16, symmetric }));
});

it('gives the same bytes again', async () => {
  const options = quantizeSchema.parse({ method: 'gptq', accuracyLevel: 1 });
  const [a, b] = ['first', 'second'].map((name) => join(work, name));
  for (const out of [a, b]) {
    await quantize(await openModel(join(ROOT, 'llama')), out, options, { threads: 1, calibration: CALIBRATION });
  }
  const data = (folder: string) => readFile(join(folder, 'onnx/model.onnx_data'));
  expect(await data(a)).toEqual(await data(b));
});

it('walks to the hidden states that the whole model computes, and sees what each linear layer reads', async () => {
  const walk = await LayerWalk.open(await openModel(join(ROOT, 'llama')), CALIBRATION, { threads: 1 });
  expect(walk.layers[0].groups.map(({ modules }) => modules.map((m) => m.split('.').at(-1)))).toEqual([
    ['q_proj', 'k_proj', 'v_proj'],
    ['o_proj'],
    ['gate_proj', 'up_proj'],
    ['down_proj'],
  ]);
  const [group] = walk.layers[0].groups;
  const { gram, meanAbsolute, tokens, width } = (await walk.statistics(0)).get(group.input)!;
  expect([tokens, width, gram.length]).toEqual([48 * 32, 64, 64 * 64]);
  expect(gram[1]).toBe(gram[64]);
  // The mean square is never below the square of the mean.
  for (let i = 0; i < width; i++) expect(gram[i * 65] / tokens).toBeGreaterThanOrEqual(meanAbsolute[i] ** 2 * 0.999);
});

it('asks for text', async () => {
  const options = quantizeSchema.parse({ method: 'gptq' });
  await expect(quantize(await openModel(join(ROOT, 'llama')), join(work, 'none'), options)).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
});
