/** The hub through the engine, against one on the loopback address: found with licence and fit, got as a job, never when offline. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { EngineClient } from '../../app/contract/index.ts';
import { HubServer } from '../models/hub/hub-server.ts';
import { type Harness, startEngine, until } from './engine-harness.ts';

const hub = new HubServer('somebody/Tiny-Llama');
let harness: Harness;
let client: EngineClient;

beforeAll(async () => {
  harness = await startEngine();
  client = harness.client;
  const folder = join(harness.home, 'models', 'llama');
  for (const name of await readdir(folder)) hub.files.set(name, await readFile(join(folder, name)));
  hub.files.set('pytorch_model.bin', Buffer.from('pickle'));
  await hub.listen();
});
afterAll(async () => {
  await hub.close();
  await harness.close();
});
beforeEach(async () => {
  hub.reset();
  await client.settings.set({ hubEndpoint: hub.url, offline: false });
});

it('finds models by words, with licence, size and whether each fits this machine', async () => {
  expect(await client.models.hubSearch({ query: 'tiny' })).toMatchObject([
    { repo: 'somebody/Tiny-Llama', licence: 'apache-2.0', parameters: 42, supported: true, fits: 'yes' },
  ]);
  expect(hub.requests.map(({ url }) => url)).toEqual([expect.stringMatching(/^\/api\/models\?.*search=tiny/)]);
});

it('gets a model as a job; it lies in the library afterwards and opens', async () => {
  const { jobId } = await client.models.hubGet({ repo: 'somebody/Tiny-Llama' });
  await until(client, jobId, 'done');
  const { results } = await client.jobs.get({ id: jobId });
  expect(results).toHaveLength(1);
  expect(await client.models.get({ id: results[0] })).toMatchObject({ architecture: 'llama', technique: undefined });
  expect((await client.models.layers({ id: results[0] })).length).toBeGreaterThan(5);
  expect(hub.requests.some(({ url }) => url.endsWith('.bin'))).toBe(false);
});

it('a model that the hub does not have fails its job with a code and a way out', async () => {
  const { jobId } = await client.models.hubGet({ repo: 'nobody/nothing' });
  await until(client, jobId, 'failed');
  expect((await client.jobs.get({ id: jobId })).failure).toMatchObject({ code: 'hub/not-found' });
});

it('asks nothing of the network in offline mode', async () => {
  await client.settings.set({ offline: true });
  await expect(client.models.hubSearch({ query: 'tiny' })).rejects.toMatchObject({ data: { code: 'hub/offline' } });
  const { jobId } = await client.models.hubGet({ repo: 'somebody/Tiny-Llama' });
  await until(client, jobId, 'failed');
  expect((await client.jobs.get({ id: jobId })).failure).toMatchObject({ code: 'hub/offline' });
  expect(hub.requests).toEqual([]);
});
