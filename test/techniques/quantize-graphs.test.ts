/** Whole graphs in int8: encoders and convolutions stay close to their source, what has no int8 form is named. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { modelSize } from '../../app/models/size.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeSafetensors } from '../../app/models/weights/safetensors-writer.ts';
import { writeWholeModel } from '../../app/models/write-whole-onnx.ts';
import { openOnnx } from '../../app/onnx/open.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { quantizeGraphs } from '../../app/techniques/quantize/graphs/quantize-graphs.ts';
import { chooseRange, Histogram } from '../../app/techniques/quantize/graphs/ranges.ts';
import { findTargets } from '../../app/techniques/quantize/graphs/targets.ts';
import { closesTexts, wholeTexts } from '../../app/techniques/quantize/graphs/whole-texts.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import type { Graph } from '../../app/tensor/graph.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32, int64, type Tensor } from '../../app/tensor/tensor.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-graphs-'));
afterAll(() => rm(work, { recursive: true }));

const random = new Random([4]);
const bell = () => random.fraction() + random.fraction() + random.fraction() - 1.5;
const numbers = (shape: readonly number[]) =>
  float32(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, bell));

async function saveInputs(name: string, inputs: Readonly<Record<string, Tensor>>): Promise<string> {
  const path = join(work, `${name}.safetensors`);
  await writeSafetensors(
    path,
    Object.entries(inputs).map(([key, { dtype, shape, data }]) => ({ name: key, dtype, shape, produce: () => data })),
  );
  return path;
}

const METHODS = [
  { method: 'dynamic' },
  ...(['minmax', 'percentile', 'entropy', 'mse'] as const).map((ranges) => ({ method: 'static', ranges })),
];

describe.each(METHODS)('$method $ranges', (settings) => {
  const options = quantizeSchema.parse(settings);
  const label = Object.values(settings).join('-');

  it('an encoder', async () => {
    const model = await openModel(join(import.meta.dirname, '../fixtures/models/bert'));
    const folder = join(work, `bert-${label}-source`);
    const file = await writeWholeModel(folder, model, (name) => readFloats(model.weights.get(name)!));
    const ids = Array.from({ length: 8 * 12 }, () => Math.floor(random.fraction() * 90));
    const data = await saveInputs(`bert-${label}`, {
      input_ids: int64([8, 12], ids),
      attention_mask: int64([8, 12], new Array<number>(96).fill(1)),
      token_type_ids: int64([8, 12], new Array<number>(96).fill(0)),
    });
    const out = join(work, `bert-${label}`);
    const { graphs } = await quantizeGraphs([file], out, options, { threads: 1, data });
    expect(graphs[0].comparison!.meanCosine).toBeGreaterThan(0.99);
    expect(graphs[0].comparison!.meanCosine).toBeLessThan(1);
    // Tables of embeddings are looked up, not multiplied by.
    expect(graphs[0].left.map(({ operator }) => operator)).toContain('Gather');
    expect(await modelSize(out)).toBeLessThan(await modelSize(folder));
  });

  it('convolutions', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['batch', 3, 10, 10]);
    const kernel = (shape: readonly number[], name: string) => g.constant(numbers(shape), name);
    const first = g.op('Conv', [x, kernel([16, 3, 3, 3], 'w1'), kernel([16], 'b1')], {
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
    const second = g.op('Conv', [g.op('Relu', [first]), kernel([32, 8, 3, 3], 'w2')], { group: 2 });
    g.output(second, 'y');
    const path = join(work, `conv-${label}.onnx`);
    await writeOnnx({ graph: g.build(), irVersion: 10 } as Parameters<typeof writeOnnx>[0], path);
    const data = await saveInputs(`conv-${label}`, { x: numbers([6, 3, 10, 10]) });
    const out = join(work, `conv-${label}`);
    const { graphs } = await quantizeGraphs([path], out, options, { threads: 1, data });
    expect(graphs[0].quantized).toEqual({ Conv: 2 });
    expect(graphs[0].comparison!.meanCosine).toBeGreaterThan(0.995);
    const written = await openOnnx(join(out, 'onnx', `conv-${label}.onnx`));
    expect([...written.graph.constants.values()].filter(({ dtype }) => dtype === 'int8').length).toBeGreaterThan(1);
  });
});

it('leaves what it does not know in float, and names it', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1, 32]);
  const w = g.constant(numbers([32, 32]), 'w');
  const y = g.matmul(x, w);
  const strange = { name: 'strange', op: 'Wavelet', domain: 'their.own', inputs: [y, w], attributes: {} };
  const graph = g.build();
  const output = { name: 'z', dtype: 'float32' as const, shape: [1, 32] };
  const whole: Graph = {
    ...graph,
    nodes: [...g.build().nodes, { ...strange, outputs: [output] }],
    constants: new Map([['w', numbers([32, 32])]]),
    outputs: [output],
  };
  const nodes = [
    { name: 'product', op: 'MatMul', domain: '', inputs: [x, w], outputs: [y], attributes: {} },
    ...whole.nodes.filter(({ op }) => op === 'Wavelet'),
  ];
  const { targets, left } = findTargets({ ...whole, nodes });
  expect(targets.map(({ node }) => node.name)).toEqual(['product']);
  expect(left).toEqual([{ node: 'strange', operator: 'their.own.Wavelet', reason: expect.any(String) }]);
});

it('refuses static int8 without data, and other methods', async () => {
  const path = join(work, 'conv-dynamic.onnx');
  const run = (settings: object) =>
    quantizeGraphs([path], join(work, 'none'), quantizeSchema.parse(settings), { threads: 1 });
  await expect(run({ method: 'static' })).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(run({ method: 'gptq' })).rejects.toMatchObject({ code: 'arguments/incompatible' });
});

it('cuts rare extremes off, unless all are to be kept', () => {
  const values = Float32Array.from({ length: 60000 }, bell);
  values[7] = 60;
  const histogram = new Histogram({ low: -1.5, high: 60 });
  histogram.add(values, 10);
  expect(chooseRange(histogram, 'minmax')).toEqual({ low: -1.5, high: 60 });
  // A square counts one extreme as much as thousands of small errors: least error gives up little of the range.
  for (const [method, most] of [
    ['percentile', 5],
    ['entropy', 50],
    ['mse', 59],
  ] as const) {
    const { low, high } = chooseRange(histogram, method);
    expect(low).toBeLessThan(-0.5);
    expect(high).toBeGreaterThan(1);
    expect(high).toBeLessThan(most);
  }
});

it.each(['percentile', 'entropy', 'mse'] as const)(
  '%s keeps the one large feature of a token of every text',
  (method) => {
    const values = Float32Array.from({ length: 64 * 128 * 32 }, bell);
    for (let text = 0; text < 64; text++) values[text * 128 * 32 + 5] = 58 + random.fraction();
    const histogram = new Histogram({ low: -1.5, high: 59 });
    histogram.add(values, 32);
    expect(chooseRange(histogram, method).high).toBeGreaterThan(50);
  },
);

it('reads texts for an encoder one by one, framed, and a stream for what continues texts', async () => {
  const file = join(work, 'texts.jsonl');
  const rows = Array.from({ length: 40 }, (_, i) => ({ text: `text number ${i}`, label: String(i % 2) }));
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  const tokenizer = await loadTokenizer(join(import.meta.dirname, '../../resources/minilm/model'));
  expect(closesTexts(tokenizer)).toBe(true);
  const request = { file, longest: 5, tokens: 60, count: 256 };
  const texts = await wholeTexts(tokenizer, request);
  expect(texts).toEqual(await wholeTexts(tokenizer, request));
  expect(texts).toHaveLength(12);
  for (const ids of texts) expect([ids[0], ids.at(-1)]).toEqual([101, 102]);
  expect(new Set(texts.map(String)).size).toBe(12);
  expect(closesTexts(await loadTokenizer(join(import.meta.dirname, '../../resources/starter/model')))).toBe(false);
});
