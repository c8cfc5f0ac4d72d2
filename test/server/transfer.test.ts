/** A classifier through the contract, as the window makes one: columns, estimate, job, and texts of one's own. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineClient } from '../../app/contract/index.ts';
import { type Harness, startEngine, until } from './engine-harness.ts';

let harness: Harness;
let client: EngineClient;
beforeAll(async () => {
  harness = await startEngine();
  client = harness.client;
});
afterAll(async () => {
  await harness.engine.close();
  rmSync(harness.home, { recursive: true, force: true });
});

const SEA = ['ship', 'whale', 'harbour', 'sail'];
const FOOD = ['bread', 'cheese', 'honey', 'soup'];
/** In no format that Lathe knows: the columns have to be named. */
const CSV = [
  'number,note,subject',
  ...Array.from({ length: 60 }, (_, i) => {
    const words = i % 2 === 0 ? SEA : FOOD;
    return `${i},${words[i % 4]} ${words[(i + 1) % 4]} ${words[(i >> 2) % 4]} ${i % 7},${i % 2 === 0 ? 'sea' : 'food'}`;
  }),
].join('\n');

it('has a sample to begin with', async () => {
  const { id, name } = await client.datasets.addSample({});
  expect((await client.datasets.addSample({})).id).toBe(id);
  const facts = await client.datasets.labels({ id });
  expect(name).toBe('Smart-home intents');
  expect(facts).toMatchObject({ text: 'text', label: 'label', classCount: 16, problem: undefined });
});

it('has an encoder to begin with', async () => {
  const { id } = await client.models.importEmbedded({ id: 'minilm' });
  expect(await client.models.get({ id })).toMatchObject({ id: 'minilm', architecture: 'bert', format: 'float16' });
  expect(await client.models.importEmbedded({ id: 'minilm' })).toEqual({ id });
});

it('finds columns, estimates, learns, and answers', async () => {
  const file = join(harness.home, 'notes.csv');
  writeFileSync(file, CSV);
  expect(await client.files.inspect({ paths: [file] })).toMatchObject([
    { kind: 'dataset', summary: 'Data set, 60 rows', detail: expect.stringContaining('number, note, subject') },
  ]);
  const [{ id, problem }] = (await client.datasets.add({ paths: [file] })).items;
  expect(problem?.code).toBe('dataset/unknown-format');
  const facts = await client.datasets.labels({ id });
  expect(facts).toMatchObject({ text: 'note', label: 'subject', classCount: 2, usableRows: 60 });

  const options = { text: facts.text, label: facts.label, epochs: 3, maxLength: 32 };
  const question = { technique: 'transfer', modelId: 'llama', datasetId: id };
  const head = await client.techniques.estimate({ ...question, options });
  const full = await client.techniques.estimate({ ...question, options: { ...options, method: 'full' } });
  expect(head).toMatchObject({ rows: 60, usableRows: 60, fits: 'yes' });
  expect(full.seconds.mid).toBeGreaterThan(head.seconds.mid);
  expect(full.memoryBytes).toBeGreaterThanOrEqual(head.memoryBytes);

  const plan = { name: 'notes', modelId: 'llama', datasetId: id, steps: [{ name: 'transfer', options }] };
  const job = await client.jobs.start({ plan, prompts: [] });
  await until(client, job.id, 'done');
  const { steps, results } = await client.jobs.get({ id: job.id });
  expect(steps[0].result).toMatchObject({ labels: ['food', 'sea'], testRows: expect.any(Number) });
  const {
    labels,
    problem: kind,
    results: said,
  } = await client.models.classify({
    id: results[0],
    texts: ['ship whale sail', 'bread honey cheese'],
  });
  expect([labels, kind]).toEqual([['food', 'sea'], 'single']);
  for (const { outputs } of said) expect(outputs.reduce((a, b) => a + b)).toBeCloseTo(1);
  expect(said[0].outputs[1]).toBeGreaterThan(said[1].outputs[1]);
  await expect(client.models.classify({ id: 'llama', texts: ['x'] })).rejects.toMatchObject({
    data: { code: 'arguments/incompatible' },
  });
});

async function add(name: string, rows: readonly object[]): Promise<string> {
  const file = join(harness.home, name);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return (await client.datasets.add({ paths: [file] })).items[0].id;
}

const textOf = (i: number): string => `${SEA[i % 4]} ${FOOD[(i >> 2) % 4]} ${i}`;

it('says before the start what nothing can be learnt from', async () => {
  const id = await add(
    'alike.jsonl',
    Array.from({ length: 20 }, (_, i) => ({ text: textOf(i), label: 'sea' })),
  );
  expect((await client.datasets.labels({ id })).problem?.code).toBe('dataset/one-label');
  const question = { technique: 'transfer', modelId: 'llama', datasetId: id };
  const options = { text: 'text', label: 'label', task: 'classification' };
  expect(await client.techniques.estimate({ ...question, options })).toMatchObject({
    fits: 'no',
    reason: 'all 20 rows have the label "sea".',
  });
  // Before columns are chosen the way to them is open.
  expect((await client.techniques.estimate({ ...question, options: {} })).fits).toBe('yes');
});

it('says before the start that texts will be cut, and what pairs of few examples take', async () => {
  const id = await add(
    'long.jsonl',
    Array.from({ length: 40 }, (_, i) => ({
      text: i % 4 === 0 ? textOf(i).repeat(20) : textOf(i),
      label: i % 2 === 0 ? 'even' : 'odd',
    })),
  );
  const question = { technique: 'transfer', modelId: 'llama', datasetId: id };
  const options = { text: 'text', label: 'label', task: 'classification', maxLength: 64 };
  const head = await client.techniques.estimate({ ...question, options });
  expect(head.cut).toEqual({ share: 0.25, length: 64 });
  const few = { ...options, fewShot: true, method: 'full' };
  const pairs = async (pairsOfText: number) =>
    client.techniques.estimate({ ...question, options: { ...few, pairsOfText } });
  const [some, many] = [await pairs(5), await pairs(40)];
  expect(some.seconds.mid).toBeGreaterThan(head.seconds.mid);
  expect(many.seconds.mid).toBeGreaterThan(some.seconds.mid);
  expect([some.steps, many.steps]).toEqual([20, 160]);
});
