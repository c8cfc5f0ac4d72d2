/** SmoothQuant: outliers of activations move into weights, the function stays, and int8 comes closer to it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeSafetensors } from '../../app/models/weights/safetensors-writer.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { openSession } from '../../app/runtime/open.ts';
import { quantizeGraphs } from '../../app/techniques/quantize/graphs/quantize-graphs.ts';
import { smoothGraph } from '../../app/techniques/quantize/graphs/smooth-graph.ts';
import { findTargets } from '../../app/techniques/quantize/graphs/targets.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { smoothScales } from '../../app/techniques/quantize/smooth.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32 } from '../../app/tensor/tensor.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-smooth-'));
afterAll(() => rm(work, { recursive: true }));
const random = new Random([6]);
const bell = () => random.fraction() + random.fraction() + random.fraction() - 1.5;
const IDS = Array.from({ length: 32 }, () => random.below(90));
const step = { technique: 'test', options: {}, date: '', versions: {} };

async function logitsOf(folder: string): Promise<Float32Array> {
  const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 64 });
  const { data } = await decoder.extend(IDS, [...IDS.keys()]);
  const logits = Float32Array.from(data as Float32Array);
  decoder.dispose();
  return logits;
}

const distance = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0);

it('shares the range between activations and weights', () => {
  const scales = smoothScales([100, 1, 0, 4], [1, 1, 1, 0], 0.5);
  // 10 and 1 around their geometric mean; what never fires and what is not read keep one.
  expect([...scales]).toEqual([Math.sqrt(10), 1 / Math.sqrt(10), 1, 1].map((v) => expect.closeTo(v, 5)));
  expect([...smoothScales([100, 1], [2, 8], 0)].map((v) => v.toFixed(3))).toEqual(['2.000', '0.500']);
});

/** A model some of whose features stand out, as those of large models do. */
async function withOutliers(name: string): Promise<string> {
  const model = await openModel(join(ROOT, name));
  const folder = join(work, `${name}-outliers`);
  const replaced = new Map(
    model.weightSpecs
      .filter((spec) => /(layernorm|ln_[12])\.weight$/.test(spec.name))
      .map((spec) => [
        spec.name,
        async () => (await readFloats(model.weights.get(spec.name)!)).map((v, i) => (i % 16 === 3 ? 25 * v : v)),
      ]),
  );
  await writeModelFolder(folder, model, { replaced, step });
  return folder;
}

it.each(['llama', 'gpt2'])('%s in int8', async (name) => {
  const source = await withOutliers(name);
  const calibration = Array.from({ length: 8 }, () => Int32Array.from({ length: 32 }, () => random.below(90)));
  const errors: number[] = [];
  for (const smooth of [undefined, 0.5]) {
    const out = join(work, `${name}-${smooth}`);
    const options = quantizeSchema.parse({
      method: 'dynamic',
      embeddingBits: 16,
      headBits: name === 'gpt2' ? undefined : 16,
      smooth,
    });
    await quantize(await openModel(source), out, options, { threads: 1, calibration });
    errors.push(distance(await logitsOf(out), await logitsOf(source)));
  }
  expect(errors[1]).toBeGreaterThan(0);
  expect(errors[1]).toBeLessThan(0.5 * errors[0]);
});

it.each(['minmax', 'mse'] as const)('a graph, static over %s', async (ranges) => {
  const g = new GraphBuilder();
  const numbers = (shape: readonly number[], at = (_: number) => 1) =>
    float32(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => bell() * at(i)),
    );
  const outlier = (i: number) => (i % 32 === 5 ? 40 : 1);
  const x = g.input('x', 'float32', ['batch', 32]);
  const gain = g.constant(
    float32(
      [32],
      Float32Array.from({ length: 32 }, (_, i) => outlier(i)),
    ),
    'gain',
  );
  const normed = g.op('LayerNormalization', [x, gain, g.constant(numbers([32]), 'shift')], { axis: -1, epsilon: 1e-5 });
  // One norm that only products read, and one that a residual reads as well.
  const first = g.add(
    g.matmul(normed, g.constant(numbers([32, 32]), 'w1')),
    g.matmul(normed, g.constant(numbers([32, 32]), 'w2')),
  );
  const again = g.op('LayerNormalization', [first, gain, g.constant(numbers([32]), 'shift2')], {
    axis: -1,
    epsilon: 1e-5,
  });
  g.output(g.add(again, g.matmul(again, g.constant(numbers([32, 32]), 'w3'))), 'y');
  const graph = g.build();
  const feeds = { x: numbers([64, 32]) };
  const run = async (one: typeof graph) => {
    const session = await openSession(encodeModel(one), { threads: 1 });
    const { y } = await session.run(feeds, ['y']);
    session.dispose();
    return Float32Array.from(y.data as Float32Array);
  };
  const options = { threads: 1, dataFolder: work, encode: (one: typeof graph) => encodeModel(one) };
  const smooth = await smoothGraph(graph, findTargets(graph).targets, [feeds], 0.5, options);
  const exact = await run(graph);
  expect(distance(await run(smooth), exact) / distance(exact, new Float32Array(exact.length))).toBeLessThan(1e-8);
  // The residual's norm keeps its gain; before its product stands a factor.
  expect(smooth.nodes.filter(({ op }) => op === 'Mul')).toHaveLength(1);

  const path = join(work, `${ranges}.onnx`);
  await writeOnnx({ graph, irVersion: 10 } as Parameters<typeof writeOnnx>[0], path);
  const data = join(work, `${ranges}.safetensors`);
  await writeSafetensors(data, [{ name: 'x', dtype: 'float32', shape: [64, 32], produce: () => feeds.x.data }]);
  const errors: number[] = [];
  for (const alpha of [undefined, 0.5]) {
    const out = join(work, `${ranges}-${alpha}`);
    const settings = quantizeSchema.parse({ method: 'static', ranges, smooth: alpha });
    await quantizeGraphs([path], out, settings, { threads: 1, data });
    const session = await openSession(await readFile(join(out, 'onnx', `${ranges}.onnx`)), { threads: 1 });
    errors.push(distance((await session.run(feeds, ['y'])).y.data as Float32Array, exact));
    session.dispose();
  }
  expect(errors[1]).toBeLessThan(0.5 * errors[0]);
});

it('is for int8 activations, and needs data', async () => {
  const model = await openModel(join(ROOT, 'llama'));
  const run = (settings: object) => quantize(model, join(work, 'none'), quantizeSchema.parse(settings));
  await expect(run({ smooth: 0.5 })).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(run({ smooth: 0.5, method: 'dynamic' })).rejects.toMatchObject({
    code: 'arguments/incompatible',
    message: expect.stringContaining('smoothing'),
  });
});
