/** What every decoder's one description must serve alike: scoring, decoding, training, quantizing, exporting. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';
import { Decoder } from '../../app/generate/decoder.ts';
import { buildScoringGraph } from '../../app/models/graphs/scoring-graph.ts';
import { buildLossGraph } from '../../app/models/graphs/training-graph.ts';
import { type Model, openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { openStored } from '../../app/models/stored.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { interpret } from '../../app/runtime/reference.ts';
import { makeAnswerBatch } from '../../app/techniques/finetune/answer-batch.ts';
import { type Batch, makeBatch } from '../../app/techniques/finetune/batch.ts';
import { makeLabelBatch } from '../../app/techniques/finetune/label-batch.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { gradient } from '../../app/tensor/gradient.ts';
import type { Graph } from '../../app/tensor/graph.ts';
import { Random } from '../../app/tensor/random.ts';
import { int64, type Tensor, tensor } from '../../app/tensor/tensor.ts';
import { ARCHITECTURE_CASES, decoderCases, readReference } from '../fixtures/architecture-cases.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-architectures-'));
afterAll(() => rm(work, { recursive: true }));

const LENGTH = 12;
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

async function weightsOf(model: Model): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, constant] of model.weights) {
    feeds[name] = tensor('float32', constant.shape, await readFloats(constant));
  }
  return feeds;
}

const inputsOf = (graph: Graph, feeds: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds[name]]));

/** The slope along a random direction of all weights, from the gradient graph and from two losses. */
async function compareGradients(model: Model, batch: Batch): Promise<void> {
  const { graph } = buildLossGraph(model, { maxLength: 8, trains: () => true });
  const weights = await weightsOf(model);
  const names = Object.keys(weights);
  const fixed = { ...batch.inputs, divisor: tensor('float32', [], Float32Array.of(batch.supervised)) };
  const values = Object.fromEntries(
    names.map((n) => [n, { ...weights[n], data: Float64Array.from(weights[n].data as Float32Array) }]),
  );
  const { graph: whole, gradients } = gradient(graph, 'loss', names);
  const found = interpret(whole, { ...fixed, ...values });
  const random = new Random([7]);
  const directions = Object.fromEntries(names.map((n) => [n, values[n].data.map(() => random.fraction() - 0.5)]));
  let slope = 0;
  for (const n of names) {
    const g = found[gradients.get(n)!].data;
    expect(g.length, n).toBe(values[n].data.length);
    g.forEach((v, i) => {
      slope += v * directions[n][i];
    });
  }
  const lossAt = (step: number) => {
    const moved = names.map((n) => [
      n,
      { ...values[n], data: values[n].data.map((v, i) => v + step * directions[n][i]) },
    ]);
    return interpret(graph, { ...fixed, ...Object.fromEntries(moved) }).loss.data[0];
  };
  const step = 1e-6;
  const measured = (lossAt(step) - lossAt(-step)) / (2 * step);
  expect(Math.abs(measured)).toBeGreaterThan(1e-3);
  expect(slope / measured).toBeCloseTo(1, 4);
}

describe.each(decoderCases)('$name', ({ folder, name }) => {
  it('scores, decodes and is interpreted alike', async () => {
    const model = await openModel(folder);
    const width = model.config.vocabulary;
    const ids = Array.from((await readReference(folder)).greedy_ids.data as Int32Array).slice(0, LENGTH);
    const scored = (await runModel(model, { input_ids: int64([1, LENGTH], ids) }, { threads: 1 })).logits;
    const logits = scored.data as Float32Array;
    const scale = logits.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

    const decoder = await Decoder.open(await openStored(folder), { threads: 1, maxLength: LENGTH });
    for (let t = 0; t < LENGTH; t++) {
      const { data } = await decoder.extend([ids[t]]);
      const row = logits.subarray(t * width, (t + 1) * width);
      expect(largest(data as Float32Array, row) / scale, `token ${t}`).toBeLessThan(2e-5);
    }
    decoder.dispose();

    const { graph } = buildScoringGraph(model, LENGTH);
    const places = Array.from({ length: LENGTH }, (_, i) => i);
    const feeds = {
      ...(await weightsOf(model)),
      input_ids: int64([1, LENGTH], ids),
      position_ids: int64([1, LENGTH], places),
      segment_ids: int64([1, LENGTH], new Array(LENGTH).fill(1)),
      rows: int64([LENGTH], places),
    };
    const exact = interpret(graph, inputsOf(graph, feeds)).logits;
    expect(largest(exact.data, logits) / scale).toBeLessThan(2e-5);
  });

  it('has gradients that agree with finite differences', async () => {
    const ids = Array.from((await readReference(folder)).input_ids.data as Int32Array).slice(0, 8);
    // Two examples share a row, so that what separates them is differentiated too.
    const segments = [1, 1, 1, 1, 1, 2, 2, 2];
    const positions = [0, 1, 2, 3, 4, 0, 1, 2];
    await compareGradients(await openModel(folder), makeBatch([{ ids, labels: ids, segments, positions }]));
  });

  it('becomes int4, ONNX and safetensors; GGUF or a clear refusal', async () => {
    const prompts = (await checkPrompts(folder)).map((ids) => ids.map((id) => id % 100));
    const options = { threads: 1, prompts };
    for (const target of ['onnx', 'safetensors']) {
      const { checks } = await exportModel(folder, target, join(work, `${name}-${target}`), options);
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    }
    const int4 = join(work, `${name}-int4`);
    const settings = quantizeSchema.parse({ method: 'rtn', groupSize: 16, accuracyLevel: 1 });
    await quantize(await openModel(folder), int4, settings, { threads: 1 });
    const [exact, rounded] = await Promise.all(
      [folder, int4].map(async (path) => {
        const decoder = await Decoder.open(await openStored(path), { threads: 1, maxLength: 16 });
        const logits = Float64Array.from((await decoder.extend(prompts[0])).data as Float32Array);
        decoder.dispose();
        return logits;
      }),
    );
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
    const cosine = dot(exact, rounded) / Math.sqrt(dot(exact, exact) * dot(rounded, rounded));
    expect(cosine).toBeGreaterThan(0.8);
    expect(largest(exact, rounded)).toBeGreaterThan(0);

    const gguf = exportModel(folder, 'gguf-f16', join(work, `${name}-gguf`), options);
    const outcome = await gguf.then(
      ({ checks }) => checks.every(({ passed }) => passed),
      (error: unknown) => error,
    );
    if (outcome !== true) {
      expect(outcome).toBeInstanceOf(UserError);
      expect(['arguments/incompatible', 'tokenizer/missing', 'model/unsupported']).toContain(
        (outcome as UserError).code,
      );
    }
  });
});

const classifiers = ARCHITECTURE_CASES.filter(({ outputs }) => outputs.logits?.length === 2);

it.each(classifiers)('$name learns labels: gradients agree with finite differences', async ({ folder }) => {
  const model = await openModel(folder);
  if (model.task.kind !== 'classification') throw new Error('a classifier');
  const { pooling } = model.task;
  const ids = Array.from((await readReference(folder)).input_ids.data as Int32Array);
  const texts = [
    { ids: ids.slice(0, 6), label: 2 },
    { ids: ids.slice(8, 12), label: 0 },
  ];
  await compareGradients(model, makeLabelBatch(texts, { pooling, positionsSkip: model.config.positionsSkip }));
});

const answering = ARCHITECTURE_CASES.filter(({ kind }) => kind === 'encoder-decoder');

it.each(answering)('$name learns answers: gradients agree with finite differences', async ({ folder }) => {
  const model = await openModel(folder);
  const ids = Array.from((await readReference(folder)).input_ids.data as Int32Array);
  const rows = [
    { ids: ids.slice(0, 6), labels: [5, 9, 7, 4] },
    { ids: ids.slice(6, 10), labels: [8, -100, 6] },
  ];
  await compareGradients(model, makeAnswerBatch(rows, model.config.decoderStart!, 0));
});
