/** Jobs in real worker processes: done, paused and resumed to the same result, cancelled, reordered, crashed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../app/contract/index.ts';
import { childrenRunning, type Harness, startEngine, until, untilStep, writeChats } from './engine-harness.ts';

let harness: Harness;
let client: EngineClient;
let datasetId: string;

beforeAll(async () => {
  harness = await startEngine();
  client = harness.client;
  const added = await client.datasets.add({ paths: [writeChats(harness.home, 60)] });
  datasetId = added.items[0].id;
});
afterAll(() => harness.close());

const LONG = 2000;
const training = (steps: number, more: Record<string, unknown> = {}) => ({
  name: 'finetune',
  options: { method: 'lora', rank: 2, steps, batchSize: 1, maxLength: 64, measure: false, ...more },
});
const start = (name: string, steps: number, more?: Record<string, unknown>) =>
  client.jobs.start({ plan: { modelId: 'llama', datasetId, name, steps: [training(steps, more)] } });

const lossesOf = (id: string): number[] => {
  const { steps } = JSON.parse(readFileSync(join(harness.home, 'models', id, 'lathe.json'), 'utf8'));
  return steps.at(-1).losses;
};
const workers = () => childrenRunning(process.pid, 'jobs/worker.js');

describe('a job of several steps', () => {
  it('trains, quantizes and profiles, with metrics, log, answers and models of one family', async () => {
    const steps = [
      training(8, { evalSteps: 4, heldOut: 0.2 }),
      { name: 'quantize', options: { measure: false } },
      { name: 'profile', options: { contexts: [16], repeat: 1 } },
    ];
    const { id } = await client.jobs.start({
      plan: { modelId: 'llama', datasetId, name: 'sums', steps },
      prompts: ['What is 1?'],
    });
    await until(client, id, 'done');
    const job = await client.jobs.get({ id });
    expect(job.failure).toBeUndefined();
    expect(job.results).toEqual(['sums-tuned', 'sums']);
    expect(job.steps.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    const series = await client.jobs.metrics({ id });
    expect(series.find(({ name }) => name === 'loss')?.steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(job.series).toContain('memoryBytes');
    expect(series.find(({ name }) => name === 'evalLoss')?.steps).toEqual([0, 4, 8]);
    const samples = await client.jobs.samples({ id });
    expect(samples.map(({ moment, step }) => [moment, step])).toEqual([
      ['before', 0],
      ['during', 4],
      ['during', 8],
      ['after', 0],
    ]);
    expect((await client.jobs.log({ id })).lines.map(({ text }) => text)).toContain('Step 2 of 3: quantize');
    await expect.poll(async () => (await client.models.get({ id: 'sums' })).measurements.length).toBe(1);
    const { nodes, edges } = await client.models.lineage({ id: 'sums' });
    expect(nodes).toHaveLength(3);
    expect(edges).toContainEqual({ from: 'sums-tuned', to: 'sums', technique: 'quantize' });
    expect(edges).toContainEqual({ from: 'llama', to: 'sums-tuned', technique: 'finetune' });
    expect(existsSync(harness.engine.queue.workFolder(id))).toBe(false);
    expect(workers()).toEqual([]);
  });
});

describe('pausing', () => {
  it('keeps a checkpoint, and resuming comes to the very same losses', async () => {
    const { id: whole } = await start('whole', 300);
    await until(client, whole, 'done');
    const { id } = await start('parts', 300);
    await untilStep(client, id, 20);
    await client.jobs.pause({ id });
    await until(client, id, 'paused');
    expect(workers()).toEqual([]);
    const paused = await client.jobs.get({ id });
    expect([paused.resumable, paused.results]).toEqual([true, []]);
    await client.jobs.resume({ id });
    await until(client, id, 'done');
    expect(lossesOf('parts')).toEqual(lossesOf('whole'));
    const [loss] = await client.jobs.metrics({ id, names: ['loss'] });
    expect(loss.values).toEqual(lossesOf('whole'));
  });
});

describe('the queue', () => {
  it('runs one at a time, in an order that can be changed, and goes on after a cancelled one', async () => {
    const first = await start('first', LONG);
    const second = await start('second', 2);
    const third = await start('third', 2);
    expect([first.state, second.state, third.state]).toEqual(['running', 'queued', 'queued']);
    await client.jobs.move({ id: third.id, position: 0 });
    const { items, counts } = await client.jobs.list({ states: ['running', 'queued'] });
    expect(items.map(({ id }) => id)).toEqual([first.id, third.id, second.id]);
    expect(items.map(({ position }) => position)).toEqual([undefined, 0, 1]);
    expect([counts.running, counts.queued]).toEqual([1, 2]);
    await untilStep(client, first.id, 1);
    expect(workers()).toHaveLength(1);
    await client.jobs.cancel({ id: first.id });
    await until(client, first.id, 'cancelled');
    await until(client, second.id, 'done');
    const [{ finishedAt: before }, { finishedAt: after }] = [
      await client.jobs.get(third),
      await client.jobs.get(second),
    ];
    expect(before!).toBeLessThan(after!);
    expect(existsSync(harness.engine.queue.workFolder(first.id))).toBe(false);
    await expect(client.jobs.pause({ id: first.id })).rejects.toMatchObject({
      code: 'USER',
      data: { code: 'job/not-now' },
    });
  });

  it('refuses a recipe that cannot be done before anything is queued', async () => {
    const total = (await client.jobs.list({})).total;
    await expect(
      client.jobs.start({ yaml: 'model: llama\nsteps:\n  - finetune:\n      rnak: 8\n' }),
    ).rejects.toMatchObject({
      data: { code: 'recipe/invalid', message: expect.stringContaining('rnak') },
    });
    expect((await client.jobs.list({})).total).toBe(total);
  });
});

describe('a worker that dies', () => {
  it('fails its job with the cause, nothing else, and the job can go on', async () => {
    const { id } = await start('killed', 400, { checkpointSteps: 10 });
    await untilStep(client, id, 30);
    const waiting = await start('after', 2);
    process.kill(workers()[0], 'SIGKILL');
    await until(client, id, 'failed');
    const job = await client.jobs.get({ id });
    expect(job.failure).toMatchObject({ code: 'job/out-of-memory', hint: expect.stringContaining('batch') });
    expect(job.steps[0].state).toBe('failed');
    await until(client, waiting.id, 'done');
    await client.jobs.resume({ id });
    await until(client, id, 'done');
    expect(lossesOf('killed')).toHaveLength(400);
  });

  it('says which of the user’s errors it was', async () => {
    const { id } = await start('wrong', 5, { adapter: join(harness.home, 'no-adapter') });
    await until(client, id, 'failed');
    const { failure } = await client.jobs.get({ id });
    expect(failure?.code).not.toBe('internal');
    expect(failure?.message).toContain('no-adapter');
    const again = await client.jobs.retry({ id });
    await until(client, again.id, 'failed');
    await client.jobs.remove({ id });
    await expect(client.jobs.get({ id })).rejects.toMatchObject({ data: { code: 'job/not-found' } });
  });
});
