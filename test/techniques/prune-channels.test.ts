/** Channels of the hidden states that are cut: those that hold nothing leave everything as it was. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Model, openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { channelAxes } from '../../app/techniques/prune/channel-axes.ts';
import { prune } from '../../app/techniques/prune/prune.ts';
import { type PruneOptions, pruneSchema } from '../../app/techniques/prune/schema.ts';
import { aimed } from '../../app/techniques/prune/target.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { decoderCases } from '../fixtures/architecture-cases.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-channels-'));
afterAll(() => rm(work, { recursive: true }));

const TEXT = Array.from({ length: 48 }, (_, i) => (7 * i * i + 3 * i + 1) % 150);
const context = { calibration: async () => [TEXT], threads: 1 };
const logitsOf = async (model: Model) =>
  (await scoreSequences(model, int64([1, 12], TEXT.slice(0, 12)), undefined, { threads: 1 })).data as Float32Array;

let counter = 0;
async function cut(model: Model, options: Partial<PruneOptions>) {
  const out = join(work, `cut-${counter++}`);
  const settings = pruneSchema.parse({ method: 'width', part: 'channels', ...options });
  const { removed } = await prune(model, out, settings, context);
  return { removed, model: await openModel(out) };
}

/** The same model with nothing in the last channels: whatever writes to them writes zero, and what reads them reads none. */
async function deadened(model: Model, count: number, readersToo = false): Promise<Model> {
  const { weights, readers, norms } = channelAxes(model);
  const read = new Set(readers.map(({ module }) => `${module}.weight`));
  const replaced = new Map(
    [...weights].map(([name, axis]) => [
      name,
      async () => {
        const values = await readFloats(model.weights.get(name)!);
        const [rows, columns = 1] = model.weights.get(name)!.shape;
        const from = (axis === 0 ? rows : columns) - count;
        const norm = norms.some((n) => name === `${n.name}.weight`);
        if (!norm && (readersToo || !read.has(name)))
          values.forEach((_, i) => {
            const place = axis === 0 ? Math.floor(i / columns) : i % columns;
            if (place >= from) values[i] = 0;
          });
        return values;
      },
    ]),
  );
  const out = join(work, `dead-${counter++}`);
  await writeModelFolder(out, model, { replaced, step: { technique: 'test', options: {}, date: '', versions: {} } });
  return openModel(out);
}

const cuttable = decoderCases.filter(({ name }) => !/gpt|opt|stablelm|neox|pythia/.test(name));

it.each(cuttable)('$name: dead channels leave the logits as they are', async ({ folder }) => {
  const { config } = await openModel(folder);
  const count = config.width % config.heads === 0 ? config.heads : 2;
  for (const by of ['activation', 'magnitude'] as const) {
    const dead = await deadened(await openModel(folder), count, by === 'magnitude');
    const before = await logitsOf(dead);
    const { model, removed } = await cut(dead, { amount: count, by });
    expect(removed).toEqual({ channels: count, of: config.width });
    expect(model.config).toMatchObject({ width: config.width - count, headDim: config.headDim });
    const after = await logitsOf(model);
    const most = before.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const far = after.reduce((m, v, i) => Math.max(m, Math.abs(v - before[i])), 0);
    expect(far / most, by).toBeLessThan(2e-5);
  }
});

const open = (name: string) => openModel(join(import.meta.dirname, '../fixtures/models', name));

it('gradients find the channels that hold nothing too', async () => {
  const { config } = await open('llama');
  const dead = await deadened(await open('llama'), config.heads);
  const { model } = await cut(dead, { amount: config.heads, by: 'taylor' });
  const [before, after] = [await logitsOf(dead), await logitsOf(model)];
  before.forEach((v, i) => {
    expect(after[i]).toBeCloseTo(v, 4);
  });
});

it('a target is reached by as few channels as it takes, in whole parts', async () => {
  const whole = await open('llama');
  const targetParameters = Math.round(0.8 * whole.parameters);
  const settings = pruneSchema.parse({ method: 'width', part: 'channels', targetParameters });
  const { amount } = aimed(whole, settings);
  expect(amount! % whole.config.heads).toBe(0);
  const { model } = await cut(whole, { amount });
  expect(model.parameters).toBeLessThanOrEqual(targetParameters);
  const { model: larger } = await cut(whole, { amount: amount! - whole.config.heads });
  expect(larger.parameters).toBeGreaterThan(targetParameters);
});

it.each([
  ['gpt2', { amount: 4 }, 'model/unsupported'],
  ['llama', { amount: 3 }, 'prune/does-not-divide'],
  ['llama', { amount: 64 }, 'prune/too-much'],
  ['llama', { amount: 0.999 }, 'prune/too-much'],
] as const)('%s %o: %s', async (name, options, code) => {
  await expect(cut(await open(name), options)).rejects.toMatchObject({ code });
});
