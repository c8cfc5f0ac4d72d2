/** Models with broken or dead weights: refused by name, or rounded without harm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeSafetensors } from '../../app/models/weights/safetensors-writer.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { quantizeGraphs } from '../../app/techniques/quantize/graphs/quantize-graphs.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32 } from '../../app/tensor/tensor.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-bad-'));
afterAll(() => rm(work, { recursive: true }));
const random = new Random([8]);
const IDS = Array.from({ length: 32 }, () => random.below(90));
const context = { threads: 1, calibration: [Int32Array.from(IDS)] };

const METHODS = [
  { method: 'rtn' },
  { method: 'gptq' },
  { method: 'awq' },
  { method: 'hqq' },
  { method: 'dynamic' },
  { method: 'dynamic', smooth: 0.5 },
  { method: 'rtn', rotate: true },
  { method: 'rtn', bits: 3, recoverSteps: 2 },
];

/** The small Llama with some values of one weight changed. */
async function changed(label: string, weight: string, change: (value: number, index: number) => number) {
  const model = await openModel(join(ROOT, 'llama'));
  const folder = join(work, label);
  const produce = async () => (await readFloats(model.weights.get(weight)!)).map(change);
  const step = { technique: 'test', options: {}, date: '', versions: {} };
  await writeModelFolder(folder, model, { replaced: new Map([[weight, produce]]), step });
  return openModel(folder);
}

describe.each([
  ['a matrix', 'model.layers.1.mlp.down_proj.weight', Number.NaN],
  ['a norm', 'model.layers.0.input_layernorm.weight', Number.POSITIVE_INFINITY],
  ['the embedding', 'model.embed_tokens.weight', Number.NEGATIVE_INFINITY],
])('%s that is not finite', (label, weight, value) => {
  it.each(METHODS)('is named by $method, $smooth $rotate $recoverSteps', async (settings) => {
    const key = `${label}-${JSON.stringify(settings)}`.replace(/\W/g, '');
    const model = await changed(key, weight, (v, i) => (i === 7 ? value : v));
    const run = quantize(model, join(work, `${key}-out`), quantizeSchema.parse(settings), context);
    await expect(run).rejects.toMatchObject({ code: 'weights/not-finite', message: expect.stringContaining(weight) });
  });
});

it.each(METHODS)(
  'features that never fire and rows of zeros, by $method, $smooth $rotate $recoverSteps',
  async (settings) => {
    const key = `dead-${JSON.stringify(settings)}`.replace(/\W/g, '');
    // No gain: nothing comes in. A row of zeros: nothing goes out.
    const first = await changed(key, 'model.layers.0.input_layernorm.weight', (v, i) => (i % 8 === 3 ? 0 : v));
    const out = join(work, `${key}-out`);
    await quantize(first, out, quantizeSchema.parse({ ...settings, bits: 8, accuracyLevel: 1 }), context);
    const logits = await Promise.all(
      [out, first.folder].map(async (folder) => {
        const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 64 });
        const { data } = await decoder.extend(IDS, [...IDS.keys()]);
        const copy = Float32Array.from(data as Float32Array);
        decoder.dispose();
        return copy;
      }),
    );
    const distance = logits[0].reduce((sum, v, i) => sum + (v - logits[1][i]) ** 2, 0);
    expect(distance / logits[1].reduce((sum, v) => sum + v * v, 0)).toBeLessThan(0.01);
  },
);

describe('a graph', () => {
  async function graphWith(label: string, change: (value: number, index: number) => number, inputs: Float32Array) {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['batch', 32]);
    const weight = Float32Array.from({ length: 32 * 32 }, () => random.fraction() - 0.5).map(change);
    g.output(g.matmul(x, g.constant(float32([32, 32], weight), 'w')), 'y');
    const path = join(work, `${label}.onnx`);
    await writeOnnx({ graph: g.build(), irVersion: 10 } as Parameters<typeof writeOnnx>[0], path);
    const data = join(work, `${label}.safetensors`);
    await writeSafetensors(data, [
      { name: 'x', dtype: 'float32', shape: [inputs.length / 32, 32], produce: () => inputs },
    ]);
    return (settings: object) =>
      quantizeGraphs(
        [path],
        join(work, `${label}-out-${JSON.stringify(settings).replace(/\W/g, '')}`),
        quantizeSchema.parse(settings),
        { threads: 1, data },
      );
  }
  const bell = () => Float32Array.from({ length: 4 * 32 }, () => random.fraction() - 0.5);

  it('with weights that are not finite', async () => {
    const run = await graphWith('nan', (v, i) => (i === 5 ? Number.NaN : v), bell());
    for (const method of ['dynamic', 'static']) {
      await expect(run({ method })).rejects.toMatchObject({ code: 'weights/not-finite' });
    }
  });

  it('whose calibration data are not finite', async () => {
    const run = await graphWith('inf', (v) => v, bell().fill(Number.POSITIVE_INFINITY, 3, 4));
    await expect(run({ method: 'static' })).rejects.toMatchObject({
      code: 'arguments/invalid',
      message: expect.stringContaining('x'),
    });
    await expect(run({ method: 'static', smooth: 0.5 })).rejects.toMatchObject({ code: 'arguments/invalid' });
  });

  it.each(['minmax', 'percentile', 'entropy', 'mse'])(
    'with channels and inputs that never vary, over %s',
    async (ranges) => {
      const inputs = bell().map((v, i) => (i % 32 < 3 ? 0 : v));
      const run = await graphWith(`flat-${ranges}`, (v, i) => (i % 32 === 4 ? 0 : v), inputs);
      for (const smooth of [undefined, 0.5]) {
        const { graphs } = await run({ method: 'static', ranges, smooth });
        expect(graphs[0].comparison!.meanCosine).toBeGreaterThan(0.999);
      }
      // Nothing comes in at all.
      const still = await graphWith(`still-${ranges}`, (v) => v, new Float32Array(4 * 32));
      const { graphs } = await still({ method: 'static', ranges });
      expect(graphs[0].comparison!.meanCosine).toBe(1);
    },
  );
});
