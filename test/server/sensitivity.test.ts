/** The sensitivity of layers through the contract, as the window asks for it before a quantization. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, startEngine, until, writeChats } from './engine-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startEngine();
});
afterAll(() => harness.close());

it('measures layers on the sample and on data, the same again when asked again', async () => {
  const { client, home } = harness;
  const sample = await client.techniques.sensitivity({ modelId: 'llama' });
  expect(sample.map(({ layer }) => layer)).toEqual([0, 1]);
  for (const { losses } of sample) expect(losses.find(({ bits }) => bits === 2)!.loss).toBeGreaterThan(0);
  expect(await client.techniques.sensitivity({ modelId: 'llama' })).toEqual(sample);
  const [{ id }] = (await client.datasets.add({ paths: [writeChats(home, 24)] })).items;
  expect(await client.techniques.sensitivity({ modelId: 'llama', datasetId: id })).not.toEqual(sample);
});

it('measures what it costs when layers go', async () => {
  const { client } = harness;
  const curve = await client.techniques.depthCurve({ modelId: 'llama' });
  expect(curve.influence).toHaveLength(2);
  expect(curve.removed).toEqual([curve.influence.indexOf(Math.min(...curve.influence))]);
  expect(curve.perplexities).toHaveLength(2);
  expect(curve.perplexities.every((value) => value > 1 && Number.isFinite(value))).toBe(true);
  expect(await client.techniques.depthCurve({ modelId: 'llama' })).toEqual(curve);
});

it('estimates and makes a model with the bits that its layers were given', async () => {
  const { client } = harness;
  const options = { bits: 4, groupSize: 16, measure: false };
  const sizeOf = async (layerBits?: string) =>
    (await client.techniques.estimate({
      technique: 'quantize',
      modelId: 'llama',
      options: { ...options, ...(layerBits ? { layerBits } : {}) },
    }))!.resultBytes!;
  expect(await sizeOf('0=8')).toBeGreaterThan(await sizeOf());
  expect(await sizeOf('0-1=2')).toBeLessThan(await sizeOf());
  const plan = {
    name: 'mixed',
    modelId: 'llama',
    steps: [{ name: 'quantize', options: { ...options, layerBits: '0=8' } }],
  };
  const job = await client.jobs.start({ plan, prompts: [] });
  await until(client, job.id, 'done');
  const { results } = await client.jobs.get({ id: job.id });
  expect(results).toHaveLength(1);
});
