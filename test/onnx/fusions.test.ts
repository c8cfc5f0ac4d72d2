/** Every fusion leaves the function as it is, and does something. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { buildDecodingGraph } from '../../app/models/graphs/decoding-graph.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored, type StoredModel } from '../../app/models/stored.ts';
import { FUSIONS, fuse } from '../../app/onnx/fusions/index.ts';
import { joinConstants } from '../../app/onnx/fusions/join-constants.ts';
import { interpret } from '../../app/runtime/reference.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import type { Graph } from '../../app/tensor/graph.ts';
import { lower } from '../../app/tensor/lower.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32, tensor } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';

const NAMES = FUSIONS.map(({ name }) => name);
const work = await mkdtemp(join(tmpdir(), 'lathe-fusions-'));
afterAll(() => rm(work, { recursive: true }));

const IDS = [1, 5, 9, 2, 7, 3];
const logitsOf = async (
  model: StoredModel,
  withoutFusions: readonly string[],
  ids: readonly number[] = IDS,
): Promise<number[]> => {
  const decoder = await Decoder.open(model, { threads: 1, maxLength: 32, withoutFusions });
  await decoder.extend(ids.slice(0, 4));
  const { data } = await decoder.extend(ids.slice(4), [0, 1]);
  decoder.dispose();
  return [...(data as Float32Array)];
};

const counts = (graph: Graph): Record<string, number> => {
  const result: Record<string, number> = {};
  for (const { op } of graph.nodes) result[op] = (result[op] ?? 0) + 1;
  return result;
};

/** Which fusions find something to do in which model: each does in some. */
const ACTS = {
  llama: ['pack-products', 'pack-attention', 'skip-norm'],
  qwen2: ['fold-bias', 'pack-products', 'pack-attention', 'skip-norm'],
  gpt2: ['fold-bias', 'pack-attention'],
};

describe.each(['llama', 'qwen2', 'gpt2'])('%s', (name) => {
  let model: StoredModel;
  beforeAll(async () => {
    const source = await openModel(join(import.meta.dirname, '../fixtures/models', name));
    const out = join(work, name);
    await quantize(source, out, quantizeSchema.parse({ accuracyLevel: 1, groupSize: 16 }), { threads: 1 });
    model = await openStored(out);
  });

  it.each(NAMES)('%s alone changes no logit', async (fusion) => {
    const plain = await logitsOf(model, NAMES);
    const fused = await logitsOf(
      model,
      NAMES.filter((other) => other !== fusion),
    );
    fused.forEach((value, i) => {
      expect(Math.abs(value - plain[i])).toBeLessThan(1e-4);
    });
  });

  it.each([1, 2, 3])('all of them change no logit of random tokens (seed %i)', async (seed) => {
    const random = new Random(seed);
    const ids = Array.from({ length: 12 }, () => random.below(model.config.vocabulary));
    const [plain, fused] = [await logitsOf(model, NAMES, ids), await logitsOf(model, [], ids)];
    fused.forEach((value, i) => {
      expect(Math.abs(value - plain[i])).toBeLessThan(1e-4);
    });
  });

  it.each(NAMES)('%s is not there when its name is left out', async (fusion) => {
    const graph = lower(buildDecodingGraph(model, { ...model, maxLength: 32, lengths: 'lengths' }));
    const [all, without] = [fuse(graph), fuse(graph, [fusion])].map(counts);
    verify(fuse(graph, [fusion]));
    const acts = ACTS[name as keyof typeof ACTS].some((other) => other === fusion);
    expect(JSON.stringify(all) !== JSON.stringify(without)).toBe(acts);
  });

  it('is smaller with all of them', async () => {
    const graph = lower(buildDecodingGraph(model, { ...model, maxLength: 32, lengths: 'lengths' }));
    const fused = fuse(graph);
    verify(fused);
    const [before, after] = [counts(graph), counts(fused)];
    if (name === 'gpt2') {
      expect(after.Add).toBeLessThan(before.Add);
      return;
    }
    // Three layers: q, k and v became one product, gate and up another; every sum that is normed lost its Add.
    expect(before.MatMulNBits - after.MatMulNBits).toBe(9);
    expect([after.Split, after.SkipSimplifiedLayerNormalization, after.Add]).toEqual([3, 6, undefined]);
  });
});

it.each([1, 2, 3])(
  'fuses models in float16 as those in float32: no logit of random tokens changes (seed %i)',
  async (seed) => {
    const out = join(work, `half-${seed}`);
    const source = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
    await quantize(source, out, quantizeSchema.parse({ method: 'float16' }), { threads: 1 });
    const model = await openStored(out);
    const graph = lower(buildDecodingGraph(model, { ...model, maxLength: 32, lengths: 'lengths' }));
    const fused = fuse(graph);
    verify(fused);
    const [before, after] = [counts(graph), counts(fused)];
    expect([after.SkipSimplifiedLayerNormalization, after.Add, after.Cast]).toEqual([6, undefined, before.Cast]);
    const random = new Random(seed);
    const ids = Array.from({ length: 12 }, () => random.below(model.config.vocabulary));
    const [plain, quick] = [await logitsOf(model, NAMES, ids), await logitsOf(model, [], ids)];
    quick.forEach((value, i) => {
      expect(Math.abs(value - plain[i])).toBeLessThan(1e-4);
    });
  },
);

it('packs products of codes in planes and of scales in float16 too', async () => {
  const source = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const out = join(work, 'planes');
  const options = quantizeSchema.parse({ bits: 5, scales: 'float16', accuracyLevel: 1, groupSize: 16 });
  await quantize(source, out, options, { threads: 1 });
  const model = await openStored(out);
  const graph = lower(buildDecodingGraph(model, { ...model, maxLength: 32, lengths: 'lengths' }));
  const fused = fuse(graph);
  verify(fused);
  expect(counts(graph).MatMulNBits - counts(fused).MatMulNBits).toBe(9);
  const [plain, packed] = [await logitsOf(model, NAMES), await logitsOf(model, [])];
  packed.forEach((value, i) => {
    expect(Math.abs(value - plain[i])).toBeLessThan(1e-4);
  });
});

it('gives the sum to those who read it, by the reference arithmetic', () => {
  const g = new GraphBuilder();
  const [x, y] = [g.input('x', 'float32', [2, 4]), g.input('y', 'float32', [2, 4])];
  const sum = g.add(x, y);
  const weight = g.constant(float32([4], [1, 2, 3, 4]), 'weight');
  g.output(g.op('SimplifiedLayerNormalization', [sum, weight], { epsilon: 1e-5, axis: -1 }), 'normed');
  g.output(sum, 'sum');
  const graph = g.build();
  const fused = fuse(graph);
  expect(counts(fused)).toMatchObject({ SkipSimplifiedLayerNormalization: 1 });
  expect(counts(fused).Add).toBeUndefined();
  const feeds = { x: float32([2, 4], [1, -2, 3, 4, 0, 1, 0, -1]), y: float32([2, 4], [5, 6, -7, 8, 1, 1, 1, 1]) };
  expect(interpret(fused, feeds)).toEqual(interpret(graph, feeds));
});

it('joins constants that are neighbours in a file, and copies those in memory', () => {
  const view = (offset: number, rows: number, file = '/a') =>
    ({ dtype: 'uint8', shape: [rows, 4], file, offset, byteLength: rows * 4 }) as const;
  expect(joinConstants([view(64, 2), view(72, 3)])).toEqual(view(64, 5));
  expect(joinConstants([view(64, 2), view(80, 3)])).toBeUndefined();
  expect(joinConstants([view(64, 2), view(72, 3, '/b')])).toBeUndefined();
  const memory = (...values: number[]) => tensor('uint8', [values.length, 1], Uint8Array.from(values));
  expect(joinConstants([memory(1, 2), memory(3)])).toEqual(memory(1, 2, 3));
  expect(joinConstants([memory(1, 2), view(0, 1)])).toBeUndefined();
});
