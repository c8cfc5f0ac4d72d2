/** Prompts read in int8: the weights are those of the blocks, but for half a step, and answers are nearly the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BatchDecoder } from '../../app/generate/batch/batch-decoder.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { promptWeights } from '../../app/generate/prompt-weights.ts';
import type { LinearFormat } from '../../app/models/graphs/quantized-linear.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored, type StoredModel } from '../../app/models/stored.ts';
import { readConstant, readFloats } from '../../app/models/weights/constants.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import type { Constant } from '../../app/tensor/graph.ts';
import { float32, tensor } from '../../app/tensor/tensor.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-prompts-'));
afterAll(() => rm(work, { recursive: true, force: true }));
const source = await openModel(await makeTinyModel(work, 'llama'));
const ids = Array.from({ length: 60 }, (_, i) => (i * 37 + 5) % 320);

/** By which the norm before a module divides what it gives. */
async function scalesOf(model: StoredModel, weights: ReadonlyMap<string, Constant>, module: string) {
  const [layer, part] = [module.split('.').slice(0, 3).join('.'), module.split('.').at(-1)!];
  if (['o_proj', 'down_proj'].includes(part)) return undefined;
  const name = `${layer}.${['gate_proj', 'up_proj'].includes(part) ? 'post_attention' : 'input'}_layernorm.weight`;
  const [before, after] = [await readFloats(model.weights.get(name)!), await readFloats(weights.get(name)!)];
  expect(before).not.toEqual(after);
  return before.map((w, i) => w / after[i]);
}

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
  const { weights, formats } = await promptWeights(model, { threads: 1, sample: ids });
  const rounded = [...formats].filter(([, format]) => format.kind === 'dynamic-int8').map(([module]) => module);
  expect(rounded.length).toBe(7 * model.config.layers);
  for (const module of rounded) {
    const float = await readConstant(source.weights.get(`${module}.weight`)!);
    const codes = await readConstant(weights.get(`${module}.weight.columns`)!);
    const { data: steps } = await readConstant(weights.get(`${module}.weight.column_scales`)!);
    const [outputs, inputs] = float.shape;
    const scales = await scalesOf(model, weights, module);
    expect(codes.shape).toEqual([inputs, outputs]);
    const values = Float32Array.from(float.data as Float32Array, (_, i) => {
      const [row, column] = [Math.floor(i / inputs), i % inputs];
      return (Number(codes.data[column * outputs + row]) * Number(steps[row])) / (scales?.[column] ?? 1);
    });
    // What rounding to these bits takes from random weights, and not what a wrong code or step would.
    expect(difference(float.data as Float32Array, values)).toBeLessThan(options.bits === 4 ? 0.13 : 0.01);
  }

  const read = async (promptType: 'stored' | 'int8', cacheType: 'float32' | 'int8' = 'float32') => {
    const decoder = await Decoder.open(model, { threads: 1, maxLength: 64, promptType, cacheType, sample: ids });
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

  const batch = await BatchDecoder.open(model, {
    threads: 1,
    maxLength: 64,
    lanes: 2,
    promptType: 'int8',
    sample: ids,
  });
  const alike = await batch.read(1, 0, ids.slice(0, 59), true);
  batch.dispose();
  expect(difference(close.whole, alike!)).toBeLessThan(1e-6);
});

it('evens out inputs of which a few tower, and leaves a layer in blocks where it cannot', async () => {
  const out = join(work, 'towering');
  await quantize(source, out, quantizeSchema.parse({ method: 'rtn', bits: 4, groupSize: 32, accuracyLevel: 1 }), {});
  const stored = await openStored(out);
  const weights = new Map<string, Constant>(stored.weights);
  const change = async (name: string, by: (values: Float32Array) => void) => {
    const values = Float32Array.from(await readFloats(weights.get(name)!));
    by(values);
    weights.set(name, float32(weights.get(name)!.shape as number[], values));
  };
  await change('model.layers.0.input_layernorm.weight', (w) => void (w[5] *= 200));
  // An inner value that is large, and that nearly nothing reads: codes and zero points are those of zero.
  await change('model.layers.1.mlp.up_proj.weight.scales', (steps) => void steps.fill(20, 14, 16));
  const codes = await readConstant(weights.get('model.layers.1.mlp.down_proj.weight.codes')!);
  const zeros = await readConstant(weights.get('model.layers.1.mlp.down_proj.weight.zero_points')!);
  const [bytes, points] = [Uint8Array.from(codes.data as Uint8Array), zeros.data as Uint8Array];
  for (let row = 0; row < 64; row++) {
    const at = row * 48 + 3;
    bytes[at] = (bytes[at] & 15) | ((points[row * 2] & 15) << 4);
  }
  weights.set('model.layers.1.mlp.down_proj.weight.codes', tensor('uint8', codes.shape, bytes));
  const model = { ...stored, weights } as unknown as StoredModel;

  const { formats } = await promptWeights(model, { threads: 1, sample: ids });
  const kept = [...formats].filter(([name, { kind }]) => kind === 'blocks' && name.includes('layers'));
  expect(kept.map(([name]) => name)).toEqual(['model.layers.1.mlp.down_proj']);
  const read = async (promptType: 'stored' | 'int8') => {
    const decoder = await Decoder.open(model, { threads: 1, maxLength: 64, promptType, sample: ids });
    const logits = Float32Array.from((await decoder.extend(ids)).data as Float32Array);
    decoder.dispose();
    return logits;
  };
  expect(difference(await read('stored'), await read('int8'))).toBeLessThan(0.03);
});

it.each([
  ['gemma', 'input_layernorm'],
  ['stablelm', 'input_layernorm'],
])('reads prompts as well in %s, whose norms add something', async (family, norm) => {
  const out = join(work, family);
  const float = await openModel(`test/fixtures/models/${family}`);
  await quantize(float, out, quantizeSchema.parse({ method: 'rtn', bits: 4, groupSize: 32, accuracyLevel: 1 }), {});
  const model = await openStored(out);
  const tokens = ids.map((id) => id % model.config.vocabulary);
  const { weights, formats } = await promptWeights(model, { threads: 1, sample: tokens });
  expect(formats.get('model.layers.0.self_attn.q_proj')?.kind).toBe('dynamic-int8');
  const scaled = [...weights].filter(([name, constant]) => constant !== model.weights.get(name) && name.includes(norm));
  expect(scaled.length).toBeGreaterThan(0);
  const rounding = new Map(
    [...model.formats].map(([name, format]) => [name, { ...format, accuracyLevel: 4 } as LinearFormat]),
  );
  const read = async (way: StoredModel, promptType: 'stored' | 'int8') => {
    const decoder = await Decoder.open(way, { threads: 1, maxLength: 64, promptType, sample: tokens });
    const logits = Float32Array.from((await decoder.extend(tokens)).data as Float32Array);
    decoder.dispose();
    return logits;
  };
  const exact = await read(model, 'stored');
  const usual = difference(exact, await read({ ...model, formats: rounding }, 'stored'));
  expect(difference(exact, await read(model, 'int8'))).toBeLessThan(2.5 * usual);
});

it('refuses a model whose weights are in no blocks', async () => {
  const model = await openStored(source.folder);
  await expect(Decoder.open(model, { threads: 1, promptType: 'int8' })).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
});
