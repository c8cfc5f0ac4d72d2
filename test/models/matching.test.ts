/** Hidden states and attention of a student held against its teacher's: loss and every gradient are PyTorch's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TokensFile } from '../../app/datasets/index.ts';
import { AGREEMENT, buildDistillationGraph } from '../../app/models/graphs/distillation-graph.ts';
import { isProjection } from '../../app/models/graphs/matching.ts';
import { type Model, openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import { readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { readLayerMap } from '../../app/techniques/distill/layer-map.ts';
import { firstValues } from '../../app/techniques/distill/match.ts';
import type { Batch } from '../../app/techniques/finetune/batch.ts';
import { makeLabelBatch } from '../../app/techniques/finetune/label-batch.ts';
import { stepRows } from '../../app/techniques/finetune/source.ts';
import { Trainer } from '../../app/techniques/finetune/trainer.ts';
import { makeUnpaddedBatch } from '../../app/techniques/finetune/unpadded.ts';
import { sgd } from '../../app/tensor/optimisers/sgd.ts';
import { float32, int64 } from '../../app/tensor/tensor.ts';

const ROOT = join(import.meta.dirname, '../fixtures/train-distilled');

/** One step without an update: its loss and gradients. */
async function oneStep(name: string, teacher: Model, student: Model, batch: Batch, unpadded: boolean) {
  const folder = join(ROOT, 'matched', name);
  const reference = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'));
  const pairs = readLayerMap(reference.layerMap, student.config.layers, teacher.config.layers);
  const graph = buildDistillationGraph(student, {
    ...reference,
    maxLength: 16,
    trains: () => true,
    recomputeAttention: true,
    unpadded,
    divergence: 'forward',
    beta: 0.5,
    match: { teacher, hidden: pairs, attention: pairs, weight: reference.matchWeight },
  });
  const projections = await safetensorsConstants(join(folder, 'projections.safetensors'));
  const values = firstValues(graph, student, teacher, 0);
  const trainer = await Trainer.open(
    graph,
    (weight) => (isProjection(weight) ? readFloats(projections.get(weight)!) : values(weight)),
    { threads: 1, accumulate: 1, maxGradientNorm: 0, optimiser: sgd({ weightDecay: 0 }) },
  );
  const { loss, measured } = await trainer.step([batch], 0);
  expect(loss).toBeCloseTo(reference.loss, 5);
  expect(measured.match).toBeCloseTo(reference.matchWeight * (reference.hidden + reference.attention), 5);
  expect(measured[AGREEMENT]).toBeGreaterThanOrEqual(0);
  let compared = 0;
  for (const [weight, constant] of await safetensorsConstants(join(folder, 'gradients.safetensors'))) {
    const [expected, actual] = [await readFloats(constant), trainer.arena.gradients(weight)];
    const most = Math.max(...expected.map(Math.abs));
    const gap = Math.max(...expected.map((v, i) => Math.abs(v - actual[i])));
    // Adding a constant to all scores changes nothing: what a key's bias gets is rounding.
    if (/key\.bias$/.test(weight)) continue;
    expect(gap, weight).toBeLessThan(2e-4 * most + 1e-7);
    compared += 1;
  }
  trainer.dispose();
  expect(graph.trained.filter(({ name: weight }) => isProjection(weight)).length).toBe(pairs.length);
  expect(graph.trained.some(({ name: weight }) => weight.startsWith('teacher.'))).toBe(false);
  return compared;
}

const softened = (logits: ArrayLike<number>, temperature: number): number[] => {
  const powers = Array.from(logits, (x) => Math.exp(x / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((x) => x / sum);
};

it('of a decoder: another width and number of heads, no padding', async () => {
  const [teacher, student] = [
    await openModel(join(ROOT, 'llama/teacher')),
    await openModel(join(ROOT, 'llama/student_init')),
  ];
  const file = await TokensFile.open(join(ROOT, 'llama/train.safetensors'));
  const rows = await stepRows(file, 0);
  const batch = makeUnpaddedBatch(rows);
  const ids = int64(
    [2, 12],
    rows.flatMap((row) => Array.from(row.ids)),
  );
  const { logits } = await runModel(teacher, { input_ids: ids });
  const vocabulary = teacher.config.vocabulary;
  const said = Array.from(batch.inputs.rows.data as BigInt64Array, (token) => {
    const { examples, positions } = batch.origins!;
    const at = (examples[Number(token)] * 12 + positions[Number(token)]) * vocabulary;
    return softened((logits.data as Float32Array).subarray(at, at + vocabulary), 2);
  });
  const inputs = { ...batch.inputs, teacher: float32([said.length, vocabulary], said.flat()) };
  expect(await oneStep('llama', teacher, student, { ...batch, inputs }, true)).toBeGreaterThan(15);
});

it('of an encoder: the same heads, rows with padding', async () => {
  const [teacher, student] = [
    await openModel(join(ROOT, 'matched/bert/teacher')),
    await openModel(join(ROOT, 'matched/bert/student')),
  ];
  const { ids, lengths, labels, teacherLogits } = JSON.parse(
    await readFile(join(ROOT, 'matched/bert/reference.json'), 'utf8'),
  );
  const rows = labels.map((label: number, i: number) => ({ ids: ids[i].slice(0, lengths[i]), label }));
  const batch = makeLabelBatch(rows, { pooling: 'first' });
  const said = teacherLogits.flatMap((row: number[]) => softened(row, 2));
  const inputs = { ...batch.inputs, teacher: float32([2, 3], said) };
  expect(await oneStep('bert', teacher, student, { ...batch, inputs }, false)).toBeGreaterThan(30);
});
