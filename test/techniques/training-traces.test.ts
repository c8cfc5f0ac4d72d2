/** Eight training steps against PyTorch: losses, first gradients and final weights, full and LoRA. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readAdapter } from '../../app/models/adapter.ts';
import { buildLossGraph, buildTrainingGraph } from '../../app/models/graphs/training-graph.ts';
import { openModel } from '../../app/models/model.ts';
import { readConstant, readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { makeBatch } from '../../app/techniques/finetune/batch.ts';
import { makeLabelBatch } from '../../app/techniques/finetune/label-batch.ts';
import { rowSquares } from '../../app/techniques/finetune/lora.ts';
import { Trainer } from '../../app/techniques/finetune/trainer.ts';
import { makeUnpaddedBatch } from '../../app/techniques/finetune/unpadded.ts';
import { adamw } from '../../app/tensor/optimisers/adamw.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const peftName = (name: string) => name.replace(/^base_model\.model\./, '').replace('.modules_to_save', '');

it.each(
  readdirSync(join(ROOT, 'train'))
    .filter((name) => !name.endsWith('.py'))
    .flatMap((name) => [
      [name, false, false],
      [name, true, false],
      [name, false, true],
      [name, true, true],
    ]) as [string, boolean, boolean][],
)('%s, checkpointing %s, unpadded %s', async (name, checkpointing, wanted) => {
  const folder = join(ROOT, 'train', name);
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const model = await openModel(join(ROOT, reference.model));
  const adapter = existsSync(join(folder, 'adapter_init'))
    ? await readAdapter(join(folder, 'adapter_init'))
    : undefined;
  const data = await safetensorsConstants(join(folder, 'train.safetensors'));
  const ids = await readConstant(data.get('input_ids')!);
  const labels = await readConstant(data.get('labels')!);
  const [mask, types] = await Promise.all(
    ['attention_mask', 'token_type_ids'].map(async (name) => data.get(name) && readConstant(data.get(name)!)),
  );
  const [steps, rows, length] = ids.shape;
  // Classifiers learn from whole rows.
  const unpadded = wanted && labels.shape.length === 3;

  const { linears } = buildLossGraph(model, { maxLength: 8, trains: () => false }).kit;
  const trains = (weight: string) => adapter === undefined || adapter.whole.has(weight);
  const adapters = adapter?.modules;
  const graph = buildTrainingGraph(model, { maxLength: length, adapters, trains, checkpointing, unpadded });
  const values = async (weight: string) => {
    const stored = adapter?.weights.get(weight) ?? model.weights.get(weight);
    if (stored) return readFloats(stored);
    const module = weight.replace(/\.weight\.row_squares$/, '');
    return rowSquares(await readFloats(model.weights.get(`${module}.weight`)!), linears.get(module)!);
  };
  const { lr, weight_decay: weightDecay } = reference.optimizer;
  const options = { threads: 1, accumulate: 1, maxGradientNorm: 0, optimiser: adamw({ weightDecay }) };
  const trainer = await Trainer.open(graph, values, options);

  const gradients = await safetensorsConstants(join(folder, 'grads_step1.safetensors'));
  const skipped: string[] = reference.tensors_to_skip_in_final_comparison ?? [];
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const row = (r: number, of: typeof ids) =>
      (of.data as Int32Array).subarray((step * rows + r) * length, (step * rows + r + 1) * length);
    const texts = Array.from({ length: rows }, (_, r) => ({
      ids: row(r, ids),
      label: Number(labels.data[step * rows + r]),
      mask: mask && row(r, mask),
      types: types && row(r, types),
    }));
    const given = Array.from({ length: rows }, (_, r) => ({ ids: row(r, ids), labels: row(r, labels) }));
    const make = unpadded ? makeUnpaddedBatch : makeBatch;
    const batch = labels.shape.length === 2 ? makeLabelBatch(texts, { pooling: 'first' }) : make(given);
    losses.push((await trainer.step([batch], lr)).loss);
    if (step > 0) continue;
    for (const [key, constant] of gradients) {
      if (skipped.includes(peftName(key)) || /(k_proj|c_attn|key)\.bias$/.test(key)) continue;
      const expected = await readFloats(constant);
      const limit = 1e-3 * expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0) + 1e-6;
      const actual = trainer.arena.gradients(peftName(key));
      expect(largestDifference(actual, expected), `gradient of ${key}`).toBeLessThan(limit);
    }
  }
  losses.forEach((loss, i) => {
    expect(Math.abs(loss - reference.losses[i]), `loss of step ${i}`).toBeLessThan(2e-4);
  });

  const final = await safetensorsConstants(
    join(folder, adapter ? 'adapter_final/adapter_model.safetensors' : 'final.safetensors'),
  );
  for (const [key, constant] of final) {
    const weight = peftName(key);
    if (skipped.some((s) => peftName(s) === weight) || /(c_attn|key)\.bias$/.test(weight)) continue;
    const expected = await readFloats(constant);
    const initial = await values(weight);
    const moved = distance(expected, initial);
    expect(distance(trainer.arena.values(weight), expected), `final ${weight}`).toBeLessThanOrEqual(1e-2 * moved);
  }
  trainer.dispose();
});

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i])), 0);
const distance = (a: Float32Array, b: Float32Array) => Math.sqrt(a.reduce((s, v, i) => s + (v - b[i]) ** 2, 0));
