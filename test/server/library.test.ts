/** The library through the contract: models, data sets, trash, drafts, estimates, looking inside. */
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../app/contract/index.ts';
import { pickHead } from '../../app/models/graphs/list-head.ts';
import { openStored } from '../../app/models/stored.ts';
import { Engine } from '../../app/server/composition.ts';
import { writeCascade } from '../../app/techniques/adaptive/cascade-folder.ts';
import { type DecoderNote, writeDecoderExits } from '../../app/techniques/adaptive/decoder-folder.ts';
import { clientOf, type Harness, startEngine, writeChats } from './engine-harness.ts';

let harness: Harness;
let client: EngineClient;
const modelPath = (id: string) => join(harness.home, 'models', id);

beforeAll(async () => {
  harness = await startEngine();
  client = harness.client;
});
afterAll(() => rmSync(harness.home, { recursive: true, force: true }));

describe('models', () => {
  it('appear when the command line puts one into the folder, and vanish with it', async () => {
    cpSync(modelPath('llama'), join(harness.home, 'copy'), { recursive: true });
    renameSync(join(harness.home, 'copy'), modelPath('copied'));
    expect((await client.models.list({ sort: 'name', descending: false })).items.map(({ id }) => id)).toEqual([
      'copied',
      'llama',
    ]);
    expect(await client.models.get({ id: 'copied' })).toMatchObject({
      architecture: 'llama',
      format: 'float32',
      layers: 2,
      hasChatTemplate: true,
    });
  });

  it('go to the trash and come back', async () => {
    await client.models.rename({ id: 'copied', name: 'A copy' });
    const { trashId } = await client.models.remove({ id: 'copied' });
    expect(existsSync(modelPath('copied'))).toBe(false);
    await expect(client.models.get({ id: 'copied' })).rejects.toMatchObject({ data: { code: 'library/not-found' } });
    expect(await client.trash.list({})).toMatchObject([{ id: trashId, kind: 'model', name: 'A copy' }]);
    expect(await client.trash.restore({ id: trashId })).toEqual({ kind: 'model', id: 'copied' });
    expect((await client.models.get({ id: 'copied' })).parameters).toBeGreaterThan(0);
    const again = await client.models.remove({ id: 'copied' });
    expect((await client.trash.empty({})).freedBytes).toBeGreaterThan(0);
    await expect(client.trash.restore({ id: again.trashId })).rejects.toMatchObject({
      data: { code: 'library/not-found' },
    });
  });

  it('that are broken are listed with their problem and hide no other', async () => {
    cpSync(modelPath('llama'), modelPath('broken'), { recursive: true });
    writeFileSync(join(modelPath('broken'), 'config.json'), '{');
    const { items } = await client.models.list({});
    expect(items.find(({ id }) => id === 'broken')?.problem).toMatchObject({ code: 'model/bad-config' });
    expect(items.find(({ id }) => id === 'llama')?.problem).toBeUndefined();
    expect((await client.models.get({ id: 'broken' })).files.length).toBeGreaterThan(2);
  });

  it('show their tensors, how values are spread, and how a text is cut', async () => {
    const layers = await client.models.layers({ id: 'llama' });
    const embedding = layers.find(({ name }) => name.includes('embed_tokens'))!;
    expect(embedding).toMatchObject({ shape: [320, 64], dtype: 'float32', bytes: 320 * 64 * 4 });
    const histogram = await client.models.histogram({ id: 'llama', tensor: embedding.name, bars: 10 });
    expect(histogram.counts.reduce((a, b) => a + b)).toBe(320 * 64);
    expect(histogram.edges).toHaveLength(11);
    expect(Math.abs(histogram.mean)).toBeLessThan(histogram.deviation / 10);
    const text = 'Once upon a déjà vu 🐳 <|im_end|> end';
    const { tokens } = await client.models.tokenize({ id: 'llama', text });
    const shown = tokens
      .filter((token) => token.text !== '\uFFFD')
      .map((token) => token.text)
      .join('');
    expect(shown).toBe(text);
    expect(tokens.filter(({ special }) => special).map((token) => token.text)).toEqual(['<|im_end|>']);
  });
});

describe('data sets', () => {
  it('show any row of very many, good or broken, with its number', async () => {
    const file = writeChats(harness.home, 30_000, 'many.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"messages": oops}\n{"messages": []}\n`);
    const { items } = await client.datasets.add({ paths: [file], name: 'Many' });
    const id = items[0].id;
    await expect.poll(async () => (await client.datasets.preview({ id })).indexing).toBe(false);
    const page = await client.datasets.preview({ id, offset: 29_998, limit: 10 });
    expect(page.total).toBe(30_002);
    expect(page.rows.map(({ index, row }) => [index, row])).toEqual([
      [29_998, 29_999],
      [29_999, 30_000],
      [30_000, 30_001],
      [30_001, 30_002],
    ]);
    expect(JSON.stringify(page.rows[0].value)).toContain('What is 29998 and 29999?');
    expect(page.rows[2].problem).toMatchObject({ code: 'row/broken' });
    const report = await client.datasets.check({ id, modelId: 'llama' });
    expect(report).toMatchObject({ format: 'messages', rows: 30_002, usableRows: 30_000, problemCount: 2 });
    expect(await client.datasets.check({ id, modelId: 'llama' })).toEqual(report);
    expect((await client.datasets.get({ id })).rows).toBe(30_002);
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 10).join('\n'));
    expect((await client.datasets.check({ id, modelId: 'llama' })).rows).toBe(10);
  });

  it('with columns of other names are read once they are mapped', async () => {
    const file = join(harness.home, 'fragen.csv');
    writeFileSync(file, 'Frage,Antwort\n"Wer?","Ich, sagte\ner"\nWas?,Das\n');
    const [{ id, problem }] = (await client.datasets.add({ paths: [file] })).items;
    expect(problem).toMatchObject({ code: 'dataset/unknown-format' });
    await expect(client.datasets.check({ id })).rejects.toMatchObject({ data: { code: 'dataset/unknown-format' } });
    const detail = await client.datasets.setMapping({
      id,
      format: 'prompt-completion',
      mapping: { prompt: 'Frage', completion: 'Antwort' },
    });
    expect(detail.columns).toEqual(['Frage', 'Antwort']);
    expect(detail.problem).toBeUndefined();
    expect(await client.datasets.check({ id })).toMatchObject({ rows: 2, usableRows: 2 });
    expect((await client.datasets.preview({ id, offset: 1, limit: 1 })).rows).toMatchObject([
      { row: 4, value: { Frage: 'Was?' } },
    ]);
    expect(readFileSync(file, 'utf8')).toContain('Frage,Antwort');
    const { steps } = await trained(id);
    expect(steps[0].state).toBe('done');
  });

  async function trained(datasetId: string) {
    const step = { name: 'finetune', options: { steps: 2, batchSize: 1, maxLength: 32, measure: false, heldOut: 0 } };
    const { id } = await client.jobs.start({ plan: { modelId: 'llama', datasetId, steps: [step] } });
    await expect
      .poll(async () => (await client.jobs.get({ id })).state, { timeout: 30_000 })
      .not.toMatch(/queued|running/);
    return client.jobs.get({ id });
  }

  it('that cannot be read say why', async () => {
    const file = join(harness.home, 'picture.png');
    writeFileSync(file, 'x');
    await expect(client.datasets.add({ paths: [file] })).rejects.toMatchObject({
      data: { code: 'dataset/unreadable' },
    });
    await expect(client.datasets.get({ id: 'none' })).rejects.toMatchObject({ data: { code: 'dataset/not-found' } });
  });

  it('are hidden when removed and their file stays', async () => {
    const file = writeChats(harness.home, 5, 'few.jsonl');
    const [{ id }] = (await client.datasets.add({ paths: [file] })).items;
    const draft = await client.drafts.save({ wizard: 'finetune', title: 'x', form: { datasetId: id } });
    expect((await client.datasets.dependents({ id })).drafts).toEqual([{ id: draft.id, title: 'x' }]);
    const { trashId } = await client.datasets.remove({ id });
    await expect(client.datasets.get({ id })).rejects.toMatchObject({ data: { code: 'dataset/not-found' } });
    await client.trash.restore({ id: trashId });
    expect((await client.datasets.get({ id })).name).toBe('few');
    expect(existsSync(file)).toBe(true);
  });
});

describe('dropped files', () => {
  it('are named for what they would become', async () => {
    const file = writeChats(harness.home, 7, 'dropped.jsonl');
    const recipe = join(harness.home, 'r.yaml');
    writeFileSync(recipe, 'model: llama\nsteps:\n  - quantize:\n');
    const found = await client.files.inspect({ paths: [modelPath('llama'), file, recipe, join(harness.home, 'gone')] });
    expect(found.map(({ kind }) => kind)).toEqual(['model', 'dataset', 'recipe', 'unknown']);
    expect(found[0].summary).toMatch(/^Model, llama, \d+K, float32$/);
    expect(found[1].summary).toBe('Data set, 7 chats');
    expect(found[3].problem?.code).toBe('file/not-found');
  });

  it('may be recipes of Lathe’s own ending, and files of weights: those stand for the folder that they lie in', async () => {
    const recipe = join(harness.home, 'r.lathe');
    writeFileSync(recipe, 'model: llama\nsteps:\n  - quantize:\n');
    const alone = join(harness.home, 'alone.safetensors');
    cpSync(join(modelPath('llama'), 'model.safetensors'), alone);
    const paths = [recipe, join(modelPath('llama'), 'model.safetensors'), alone];
    const found = await client.files.inspect({ paths });
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'recipe r.lathe',
      'model llama',
      'unknown alone.safetensors',
    ]);
    expect(found[1].path).toBe(modelPath('llama'));
    expect(found[2].problem?.message).toContain('drop its whole folder');
  });
});

describe('techniques', () => {
  it('are drawn from the commands’ schemas, and presets fit them', async () => {
    const techniques = await client.techniques.list({});
    expect(techniques.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['finetune', 'quantize', 'profile', 'export']),
    );
    for (const { name, data, schema, presets } of techniques) {
      const properties = schema.properties as Record<string, { title?: string; description?: string }>;
      for (const [key, { title, description }] of Object.entries(properties))
        expect([name, key, title && description]).toEqual([name, key, expect.any(String)]);
      for (const { values } of presets) {
        expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(values)));
        // The plan says these elsewhere, so no preset has them.
        const asked = name === 'distill' ? { student: 'layers:1' } : {};
        const options = { ...asked, ...values };
        const { yaml } = await client.recipes.fromPlan({
          modelId: 'llama',
          datasetId: undefined,
          steps: [{ name, options }],
        });
        const complete = data === 'required' ? yaml.replace('steps:', 'dataset: x.jsonl\nsteps:') : yaml;
        expect((await client.recipes.parse({ yaml: complete })).steps[0]).toEqual({ name, options });
      }
    }
  });

  it('cost more time and memory with more work, and say what to do where it will not fit', async () => {
    const file = writeChats(harness.home, 200, 'estimated.jsonl');
    const [{ id: datasetId }] = (await client.datasets.add({ paths: [file] })).items;
    const of = (options: Record<string, unknown>) =>
      client.techniques.estimate({ technique: 'finetune', modelId: 'llama', datasetId, options });
    const [few, many] = [await of({ steps: 10, measure: false }), await of({ steps: 1000, measure: false })];
    expect(many.seconds.mid).toBeGreaterThan(10 * few.seconds.mid - 100);
    expect(few).toMatchObject({ fits: 'yes', remedies: [], rows: 200, usableRows: 200, steps: 10 });
    const huge = await of({ method: 'full', batchSize: 100_000, maxLength: 512 });
    expect(huge.fits).toBe('no');
    expect(huge.reason).toMatch(/^Needs about \d+ GB of memory/);
    expect(huge.remedies.length).toBeGreaterThan(0);
    for (const { memoryBytes } of huge.remedies) expect(memoryBytes).toBeLessThan(huge.memoryBytes);
  });

  it('of exits and of a cascade know the models that they are for', async () => {
    const of = (options: Record<string, unknown>) =>
      client.techniques.estimate({ technique: 'adapt', modelId: 'llama', options });
    const [exits, cascade] = [await of({ tokens: 1000 }), await of({ cascade: 'llama' })];
    const { sizeBytes } = await client.models.get({ id: 'llama' });
    expect(exits.resultBytes).toBeGreaterThan(sizeBytes);
    expect(exits.resultBytes).toBeLessThan(2 * sizeBytes);
    expect(exits.remedies).toEqual([]);
    expect(cascade.resultBytes).toBe(2 * sizeBytes);
    await expect(of({ cascade: 'nobody' })).rejects.toMatchObject({ data: { code: 'library/not-found' } });
  });
});

describe('the playground', () => {
  const ask = async (seed: number, form: { stop?: string[]; schema?: string; certainty?: boolean } = {}) => {
    const pieces: string[] = [];
    const request = {
      modelId: 'llama',
      messages: [{ role: 'user' as const, content: 'Once upon' }],
      temperature: 1,
      maxTokens: 20,
      seed,
      ...form,
    };
    for await (const event of await client.playground.chat(request)) {
      if (event.kind === 'text') pieces.push(event.text);
      if (event.kind === 'done') return { pieces: pieces.join(''), ...event };
    }
    throw new Error('no end');
  };

  it('gives the same text for the same seed, piece by piece, ends and is formed as asked, from a model that stays loaded', async () => {
    const [first, again, other] = [await ask(1), await ask(1), await ask(2)];
    expect(first.text).toBe(again.text);
    expect(first.pieces).toBe(first.text);
    expect(other.text).not.toBe(first.text);
    const certain = await ask(1, { certainty: true });
    expect(certain.text).toBe(first.text);
    expect(certain.certainty).toHaveLength(certain.tokens);
    expect(certain.certainty![0].top).toHaveLength(5);
    expect(certain.certainty!.map(({ text }) => text).join('')).toBe(first.text);
    const stop = first.text.slice(4, 6);
    expect((await ask(1, { stop: [stop] })).text).toBe(first.text.slice(0, first.text.indexOf(stop)));
    const chosen = await ask(1, { schema: '{ "enum": ["yes", "no"] }' });
    expect(['"yes"', '"no"']).toContain(chosen.text);
    await expect(ask(1, { schema: '{' })).rejects.toThrow('not valid JSON');
    expect((await client.playground.loaded({})).map(({ modelId }) => modelId)).toEqual(['llama']);
    await client.playground.unload({});
    await expect.poll(() => client.playground.loaded({})).toEqual([]);
  });

  it('answers early as the dial says, with the layers behind each token, or which of two models it was', async () => {
    const llama = await openStored(modelPath('llama'));
    const { width, layers } = llama.config;
    const map = { weight: new Float32Array(width * width), bias: new Float32Array(width).fill(0.1) };
    const list = await pickHead(llama, [5, 6, 7]);
    const exits = { layer: 1, map, gate: { weight: new Float32Array(width), bias: 0 }, list };
    const thresholds = { layer: 1, exit: 0.9, shortlist: 0.9 };
    const note = { version: 1, kind: 'decoder', layers, thresholds, gateSlack: 1, dial: [], worthwhile: false };
    await writeDecoderExits(modelPath('stopping'), llama, exits, note as unknown as DecoderNote, {});
    expect(await client.models.get({ id: 'stopping' })).toMatchObject({ technique: 'adapt', adaptive: 'decoder' });
    expect((await client.models.get({ id: 'llama' })).adaptive).toBeUndefined();
    const asked = {
      messages: [{ role: 'user' as const, content: 'Once upon' }],
      temperature: 0,
      maxTokens: 8,
      seed: 1,
    };
    const answer = async (modelId: string, threshold?: number) => {
      for await (const event of await client.playground.chat({ ...asked, modelId, threshold }))
        if (event.kind === 'done') return event;
      throw new Error('no end');
    };
    const whole = await answer('llama');
    expect(whole.layers).toBeUndefined();
    const careful = await answer('stopping', 1);
    expect(careful).toMatchObject({ text: whole.text, layers: { all: layers, mean: layers } });
    const fast = await answer('stopping', 0);
    expect(fast.layers!.mean).toBeLessThan(layers);
    expect(fast.layers!.pieces.slice(1).every(({ layers: used }) => used === 1)).toBe(true);
    await expect(answer('llama', 0.5)).rejects.toMatchObject({ data: { code: 'arguments/incompatible' } });
    const proved = { version: 1, kind: 'chat-cascade', threshold: 1 };
    await writeCascade({ small: modelPath('llama'), large: modelPath('llama') }, modelPath('both'), proved, {});
    expect(await client.models.get({ id: 'both' })).toMatchObject({ technique: 'adapt', adaptive: 'chat-cascade' });
    expect(await answer('both')).toMatchObject({ text: whole.text, answeredBy: 'large' });
    expect(await answer('both', 0)).toMatchObject({ text: whole.text, answeredBy: 'small' });
    await client.playground.unload({});
  });

  it('asks several models the same and goes on after one that cannot answer', async () => {
    const done: string[] = [];
    for await (const piece of await client.models.sideBySide({
      ids: ['broken', 'llama'],
      prompts: ['Hi', 'Ho'],
      maxTokens: 3,
    })) {
      if (piece.kind === 'failed') done.push(`${piece.model} ${piece.failure.code}`);
      if (piece.kind === 'done') done.push(`${piece.model} ${piece.prompt}`);
    }
    expect(done).toEqual(['broken model/bad-config', 'llama 0', 'llama 1']);
  });
});

describe('settings', () => {
  it('are kept, and the token is only said to be there', async () => {
    await client.settings.set({ concurrentJobs: 2, threads: 1 });
    const state = await client.settings.setHubToken({ token: 'hf_secret' });
    expect(state).toMatchObject({ present: true, kept: 'file' });
    expect(JSON.stringify(await client.settings.get({}))).not.toContain('hf_secret');
    expect(harness.engine.settings()).toMatchObject({ concurrentJobs: 2, threads: 1, theme: 'system' });
    expect((await client.settings.setHubToken({ token: null })).present).toBe(false);
  });
});

it('lets no second engine into the folder, and begins again with everything that was there', async () => {
  const before = await client.datasets.list({});
  expect(() => new Engine(harness.home)).toThrow(expect.objectContaining({ code: 'store/in-use' }));
  await harness.engine.close();
  const other = new Engine(harness.home);
  expect(await clientOf(other).datasets.list({})).toEqual(before);
  await other.close();
});
