/** The graph that devices get differentiates as the processor's does, and gradients that are others are found. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildTrainingGraph } from '../../app/models/graphs/training-graph.ts';
import { openModel } from '../../app/models/model.ts';
import { fitDevice } from '../../app/onnx/fit-device.ts';
import { checkGradients } from '../../app/techniques/finetune/check-gradients.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { initialValues, selectTrained } from '../../app/techniques/finetune/selection.ts';
import { Trainer } from '../../app/techniques/finetune/trainer.ts';
import { makeUnpaddedBatch } from '../../app/techniques/finetune/unpadded.ts';
import { adamw } from '../../app/tensor/optimisers/adamw.ts';

describe('gradients of adapters', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const options = finetuneSchema.parse({ method: 'lora', rank: 3 });
  const selection = await selectTrained(model, options);
  const graphFor = (device: string, factor = 1) => {
    const modules = [...selection.modules!].map(
      ([name, spec]) => [name, { ...spec, scale: factor * spec.scale }] as const,
    );
    const shape = { maxLength: 16, trains: selection.trains, unpadded: true, adapters: new Map(modules) };
    return buildTrainingGraph(model, { ...shape, device });
  };
  const ids = Array.from({ length: 12 }, (_, i) => (i * 37 + 5) % 61);
  const batch = makeUnpaddedBatch([
    { ids, labels: ids },
    { ids: ids.slice(5), labels: ids.slice(5) },
  ]);
  const settings = { threads: 1, optimiser: adamw() };
  const openFor = (graph: ReturnType<typeof graphFor>) =>
    Trainer.open(graph, initialValues(model, selection, graph, 0), {
      ...settings,
      accumulate: 1,
      maxGradientNorm: 0,
      packed: true,
    });

  it('are those of the graph for the processor, and weights are what they were before the check', async () => {
    const graph = graphFor('webgpu');
    const trainer = await openFor({ ...graph, graph: fitDevice(graph.graph, 'webgpu') });
    const before = graph.trained.map(({ name }) => Float32Array.from(trainer.arena.values(name)));
    const found = await checkGradients(trainer, graphFor('cpu'), batch, { ...settings, device: 'webgpu' });
    expect(found.difference).toBeLessThan(1e-4);
    expect(found.difference).toBeGreaterThan(0);
    expect(graph.trained.map(({ name }) => trainer.arena.values(name))).toEqual(before);
    trainer.dispose();
  });

  it('that are others are refused, by the name of the weight or for the loss', async () => {
    const trainer = await openFor(graphFor('cpu'));
    const check = checkGradients(trainer, graphFor('cpu', 1.5), batch, { ...settings, device: 'webgpu' });
    await expect(check).rejects.toMatchObject({
      code: 'device/differs',
      message: expect.stringMatching(/webgpu.*(lora_[AB]|loss)|loss.*webgpu/),
    });
    trainer.dispose();
  });
});
