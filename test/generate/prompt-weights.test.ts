/** Prompts read in int8: the weights are those of the blocks, but for half a step, and answers are nearly the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BatchDecoder } from '../../app/generate/batch/batch-decoder.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { promptWeights } from '../../app/generate/prompt-weights.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { readConstant } from '../../app/models/weights/constants.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-prompts-'));
afterAll(() => rm(work, { recursive: true, force: true }));
const source = await openModel(await makeTinyModel(work, 'llama'));
const ids = Array.from({ length: 60 }, (_, i) => (i * 37 + 5) % 320);

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
const difference = (a: Float32Array, b: Float32Array) => norm(a.map((v, i) => v - b[i])) / norm(a);

it.each([
  ['4 bits', { bits: 4, groupSize: 32, symmetric: true }],
  ['4 bits with zero points and narrow scales', { bits: 4, groupSize: 16, symmetric: false, scales: 'float16' }],
  ['8 bits, a scale a row', { bits: 8, groupSize: 0, symmetric: false }],
])('stands for the same weights: %s', async (name, options) => {
  const out = join(work, name);
  await quantize(source, out, quantizeSchema.parse({ method: 'rtn', accuracyLevel: 1, ...options }), { threads: 1 });
  const model = await openStored(out);
  const { weights, formats } = await promptWeights(model);
  const rounded = [...formats].filter(([, format]) => format.kind === 'dynamic-int8').map(([module]) => module);
  expect(rounded.length).toBe(7 * model.config.layers);
  for (const module of rounded) {
    const float = await readConstant(source.weights.get(`${module}.weight`)!);
    const codes = await readConstant(weights.get(`${module}.weight.columns`)!);
    const { data: scales } = await readConstant(weights.get(`${module}.weight.column_scales`)!);
    const [outputs, inputs] = float.shape;
    expect(codes.shape).toEqual([inputs, outputs]);
    const values = Float32Array.from(float.data as Float32Array, (_, i) => {
      const [row, column] = [Math.floor(i / inputs), i % inputs];
      return Number(codes.data[column * outputs + row]) * Number(scales[row]);
    });
    // What rounding to these bits takes from random weights, and not what a wrong code or step would.
    expect(difference(float.data as Float32Array, values)).toBeLessThan(options.bits === 4 ? 0.13 : 0.01);
  }

  const read = async (promptType: 'stored' | 'int8', cacheType: 'float32' | 'int8' = 'float32') => {
    const decoder = await Decoder.open(model, { threads: 1, maxLength: 64, promptType, cacheType, cacheSample: ids });
    const whole = Float32Array.from((await decoder.extend(ids.slice(0, 59))).data as Float32Array);
    const next = Float32Array.from((await decoder.extend([ids[59]])).data as Float32Array);
    decoder.rewind(0);
    await decoder.extend(ids.slice(0, 30));
    const pieces = Float32Array.from((await decoder.extend(ids.slice(30, 59))).data as Float32Array);
    decoder.dispose();
    return { whole, next, pieces };
  };
  const [exact, close] = [await read('stored'), await read('int8')];
  for (const kind of ['whole', 'next'] as const) {
    expect(difference(exact[kind], close[kind])).toBeLessThan(0.03);
    expect(difference(exact[kind], close[kind])).toBeGreaterThan(1e-5);
  }
  // The same where the cache is int8 too, which prompts read as floats.
  const narrow = await read('int8', 'int8');
  expect(difference(close.whole, narrow.whole)).toBeLessThan(1e-6);
  for (const kind of ['next', 'pieces'] as const) {
    expect(difference(exact[kind], narrow[kind])).toBeLessThan(0.05);
    expect(difference(close[kind], narrow[kind])).toBeGreaterThan(1e-6);
  }
  // Tokens are scaled by themselves: how a prompt is cut changes only the order of sums.
  expect(difference(close.whole, close.pieces)).toBeLessThan(0.01);

  const batch = await BatchDecoder.open(model, { threads: 1, maxLength: 64, lanes: 2, promptType: 'int8' });
  const alike = await batch.read(1, 0, ids.slice(0, 59), true);
  batch.dispose();
  expect(difference(close.whole, alike!)).toBeLessThan(1e-6);
});

it('refuses a model whose weights are in no blocks', async () => {
  const model = await openStored(source.folder);
  await expect(Decoder.open(model, { threads: 1, promptType: 'int8' })).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
});
