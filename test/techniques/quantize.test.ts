/** Quantized folders compute with the weights that their codes stand for, whichever runtime operator does it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { openModel } from '../../app/models/model.ts';
import { modelSize } from '../../app/models/size.ts';
import { openStored } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { codeOf, gridOf, quantizeInt8Rows } from '../../app/techniques/quantize/rtn.ts';
import { type QuantizeOptions, quantizeSchema } from '../../app/techniques/quantize/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-quantize-'));
afterAll(() => rm(work, { recursive: true }));
const IDS = [1, 5, 9, 2, 7, 3];

async function logitsOf(folder: string): Promise<Float32Array> {
  const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: 64 });
  const { data } = await decoder.extend(IDS, [...IDS.keys()]);
  decoder.dispose();
  return data as Float32Array;
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0) /
  b.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The nearest value on the grid, by arithmetic on whole rows rather than on packed codes. */
function rounded(values: Float32Array, columns: number, options: QuantizeOptions): Float32Array {
  const { bits, symmetric, groupSize: asked } = options;
  const groupSize = asked || columns;
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns) {
    for (let begin = row; begin < row + columns; begin += groupSize) {
      const end = Math.min(begin + groupSize, row + columns);
      const { scale, zeroPoint } = gridOf(values, begin, end, bits, symmetric);
      for (let i = begin; i < end; i++) {
        result[i] = (codeOf(values[i], Math.fround(1 / scale), zeroPoint, bits) - zeroPoint) * scale;
      }
    }
  }
  return result;
}

const transpose = (values: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);

// llama's embedding and head are apart, qwen2's are one.
const cases = ['llama', 'qwen2', 'gpt2'].flatMap((model) =>
  (model === 'gpt2' ? [3, 4, 8] : ([2, 3, 4, 5, 6, 8] as const)).flatMap((bits) =>
    [true, false].map((symmetric) => ({ model, bits, symmetric, groupSize: 32 })),
  ),
);
// One scale for a whole row.
const perChannel = ['qwen2', 'gpt2'].flatMap((model) =>
  ([3, 4] as const).flatMap((bits) => [true, false].map((symmetric) => ({ model, bits, symmetric, groupSize: 0 }))),
);

// Wider than a row of the embedding, which has groups of its own then.
const wide = [true, false].map((symmetric) => ({ model: 'qwen2', bits: 4, symmetric, groupSize: 128 }));

it.each([...cases, ...perChannel, ...wide])(
  '$model in $bits bits, groups of $groupSize, symmetric $symmetric',
  async (settings) => {
    const { model: name, bits, symmetric, groupSize } = settings;
    const model = await openModel(join(ROOT, name));
    const options = quantizeSchema.parse({ bits, symmetric, groupSize, embeddingBits: bits, accuracyLevel: 1 });
    const suffix = { 0: '-row', 32: '', 128: '-wide' }[groupSize];
    const out = join(work, `${name}-${bits}-${symmetric}${suffix}`);
    await quantize(model, out, options, { threads: 1 });
    if (groupSize === 0) expect(await modelSize(out)).toBeLessThan(await modelSize(out.replace('-row', '')));

    const dense = `${out}-dense`;
    const linear = /(_proj|c_attn|c_proj|c_fc|embed_tokens|wte|lm_head)\.weight$/;
    const replaced = new Map(
      model.weightSpecs
        .filter((spec) => linear.test(spec.name))
        .map(({ name: weight, shape: [rows, columns] }) => [
          weight,
          async () => {
            const values = await readFloats(model.weights.get(weight)!);
            if (!/c_(attn|proj|fc)\.weight$/.test(weight)) return rounded(values, columns, options);
            return transpose(rounded(transpose(values, rows, columns), rows, options), columns, rows);
          },
        ]),
    );
    await writeModelFolder(dense, model, {
      replaced,
      step: { technique: 'test', options: {}, date: '', versions: {} },
    });
    expect(difference(await logitsOf(out), await logitsOf(dense))).toBeLessThan(2e-5);
    // And the rounding is felt at all.
    expect(difference(await logitsOf(out), await logitsOf(join(ROOT, name)))).toBeGreaterThan(1e-4);
  },
);

it.each([3, 4, 6])('stores the scales of %i bits in float16, and rounds on them', async (bits) => {
  const out = join(work, `half-scales-${bits}`);
  const options = quantizeSchema.parse({ bits, embeddingBits: bits, scales: 'float16', accuracyLevel: 1 });
  await quantize(await openModel(join(ROOT, 'qwen2')), out, options, { threads: 1 });
  const plain = join(work, `qwen2-${bits}-false`);
  expect(await modelSize(out)).toBeLessThan(await modelSize(plain));
  expect(difference(await logitsOf(out), await logitsOf(plain))).toBeLessThan(0.1);
});

it('chooses how to compute by measuring, and says what it measured', async () => {
  const out = join(work, 'chosen');
  const result = await quantize(await openModel(join(ROOT, 'llama')), out, quantizeSchema.parse({}), { threads: 1 });
  expect(Object.keys(result.accuracyLevels!).sort()).toEqual(['1', '4']);
  const { formats } = JSON.parse(await readFile(join(out, 'lathe-weights.json'), 'utf8'));
  const { accuracyLevel } = formats['model.layers.0.self_attn.q_proj'];
  expect(accuracyLevel).toBe(result.accuracyLevel);
});

it('quantizes to int8 with dynamic activations, close to the source', async () => {
  const out = join(work, 'dynamic');
  await quantize(await openModel(join(ROOT, 'llama')), out, quantizeSchema.parse({ method: 'dynamic' }), {
    threads: 1,
  });
  expect(difference(await logitsOf(out), await logitsOf(join(ROOT, 'llama')))).toBeLessThan(0.1);
});

it('halves a model to float16', async () => {
  const out = join(work, 'half');
  await quantize(await openModel(join(ROOT, 'llama')), out, quantizeSchema.parse({ method: 'float16' }), {
    threads: 1,
  });
  expect(difference(await logitsOf(out), await logitsOf(join(ROOT, 'llama')))).toBeLessThan(2e-3);
});

it('keeps rows of zeros at zero', () => {
  expect(quantizeInt8Rows(new Float32Array(8), 2, 4).codes).toEqual(new Int8Array(8));
});

it('does not quantize what is quantized already', async () => {
  await expect(openModel(join(work, 'chosen'))).rejects.toMatchObject({ code: 'arguments/incompatible' });
});
