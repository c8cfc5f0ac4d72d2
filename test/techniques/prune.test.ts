/** Pruned models are ordinary models that compute what the whole one computes without the parts that went. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Model, openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { prune } from '../../app/techniques/prune/prune.ts';
import { type PruneOptions, pruneSchema } from '../../app/techniques/prune/schema.ts';
import { aimed } from '../../app/techniques/prune/target.ts';
import { Random } from '../../app/tensor/random.ts';
import { int64 } from '../../app/tensor/tensor.ts';
import { decoderCases } from '../fixtures/architecture-cases.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-prune-'));
afterAll(() => rm(work, { recursive: true }));

const IDS = [1, 5, 9, 2, 7, 3, 11, 4, 8, 6, 10, 12];
const TEXT = Array.from({ length: 48 }, (_, i) => (7 * i * i + 3 * i + 1) % 150);
const STEP = { technique: 'test', options: {}, date: '', versions: {} };

const context = { calibration: async () => [TEXT], threads: 1 };
let counter = 0;
async function pruned(model: Model, options: Partial<PruneOptions>) {
  const out = join(work, `pruned-${counter++}`);
  const result = await prune(model, out, pruneSchema.parse(options), context);
  return { result, model: await openModel(out) };
}

const logitsOf = async (model: Model) =>
  (await scoreSequences(model, int64([1, IDS.length], IDS), undefined, { threads: 1 })).data as Float32Array;

function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const most = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i])), 0) / most;
}

/** The whole model with some weights changed. */
async function changed(model: Model, change: ReadonlyMap<string, (values: Float32Array) => void>): Promise<Model> {
  const out = join(work, `changed-${counter++}`);
  const replaced = new Map(
    [...change].map(([name, work]) => [
      name,
      async () => {
        const values = await readFloats(model.weights.get(name)!);
        work(values);
        return values;
      },
    ]),
  );
  await writeModelFolder(out, model, { replaced, step: STEP });
  return openModel(out);
}

const LAST =
  /\.(o_proj|down_proj|attention\.dense|dense_4h_to_h|attn\.c_proj|mlp\.c_proj|out_proj|fc2)\.(weight|bias)$/;
const zero = (values: Float32Array) => void values.fill(0);
/** Layers whose norm comes after the sum do something even where their branches give nothing. */
const normsSums = ({ configJson }: Model) => configJson.do_layer_norm_before === false;

describe.each(decoderCases)('$name', ({ folder, name }) => {
  it('loses layers, really', async () => {
    const by = name.length % 2 === 0 ? 'perplexity' : 'influence';
    const whole = await openModel(folder);
    const { result, model } = await pruned(whole, { method: 'depth', amount: 1, by });
    const { layers, of, influence, perplexities } = result.removed as unknown as Record<string, unknown> & {
      layers: number[];
    };
    expect(layers).toHaveLength(1);
    expect(of).toBe(whole.config.layers);
    expect(influence).toHaveLength(whole.config.layers);
    expect(perplexities === undefined).toBe(by === 'influence');
    expect(model.config.layers).toBe(whole.config.layers - 1);
    expect(model.parameters).toBe(result.parametersAfter);
    expect(result.parametersAfter).toBeLessThan(result.parametersBefore);
    if (normsSums(whole)) return;
    const silenced = [...whole.weights.keys()].filter((n) => n.includes(`.${layers[0]}.`) && LAST.test(n));
    const oracle = await changed(whole, new Map(silenced.map((name) => [name, zero])));
    const logits = await logitsOf(model);
    expect(difference(logits, await logitsOf(oracle))).toBeLessThan(2e-5);
    expect(difference(logits, await logitsOf(whole))).toBeGreaterThan(1e-3);
  });

  it('loses neurons, really', async () => {
    const by = name.length % 2 === 0 ? 'activation' : 'magnitude';
    const whole = await openModel(folder);
    const { result, model } = await pruned(whole, { method: 'width', amount: 0.25, by });
    expect(result.parametersAfter).toBe(model.parameters);
    expect(difference(await logitsOf(model), await logitsOf(await silenced(whole, model, NEURONS)))).toBeLessThan(2e-5);
  });

  it.each(['heads', 'groups'] as const)('loses %s, or says why not', async (part) => {
    const whole = await openModel(folder);
    const { heads, keyValueHeads } = whole.config;
    const { model_type: type } = whole.configJson;
    const amount = part === 'groups' ? 1 : keyValueHeads === heads ? 1 : keyValueHeads;
    const work = () => pruned(whole, { method: 'width', part, amount });
    if (['gpt2', 'gpt_neox', 'opt', 'stablelm'].includes(String(type))) {
      await expect(work()).rejects.toMatchObject({ code: 'arguments/incompatible' });
      return;
    }
    if (keyValueHeads === 1) {
      await expect(pruned(whole, { method: 'width', part: 'groups', amount: 1 })).rejects.toMatchObject({
        code: 'prune/too-much',
      });
      return;
    }
    const { result, model } = await work();
    expect(result.parametersAfter).toBeLessThan(result.parametersBefore);
    expect(model.config.headDim).toBe(whole.config.headDim);
    // OLMo 2 normalises all heads' values together: with fewer heads the others change too.
    if (type === 'olmo2') return;
    expect(
      difference(await logitsOf(model), await logitsOf(await silenced(whole, model, /o_proj\.weight$/))),
    ).toBeLessThan(2e-5);
  });

  it.each(['wanda', 'magnitude'] as const)('loses half of its single weights by %s', async (method) => {
    const whole = await openModel(folder);
    const { result, model } = await pruned(whole, { method, amount: 0.5 });
    let zeros = 0;
    for (const [name, constant] of model.weights) {
      const values = await readFloats(constant);
      const before = await readFloats(whole.weights.get(name)!);
      values.forEach((v, i) => {
        if (v === 0) zeros += Number(before[i] !== 0);
        else if (v !== before[i]) throw new Error(`${name} changed`);
      });
    }
    expect(zeros).toBe(result.removed.weights);
    expect(result.parametersAfter).toBe(result.parametersBefore);
  });
});

const NEURONS = /(down_proj|dense_4h_to_h|mlp\.c_proj|fc2)\.weight$/;

it.each(['llama', 'gpt2', 'gemma2'])('%s: loses the neurons that gradients say matter least', async (name) => {
  const whole = await openModel(join(import.meta.dirname, '../fixtures/models', name));
  const { result, model } = await pruned(whole, { method: 'width', by: 'taylor', amount: 4 });
  expect(result.removed.neurons).toBe(4);
  expect(difference(await logitsOf(model), await logitsOf(await silenced(whole, model, NEURONS)))).toBeLessThan(2e-5);
});

it('removes layers in a row over which vectors turn least', async () => {
  const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const { result } = await pruned(whole, { method: 'depth', by: 'angular', amount: 1 });
  const { turns, layers } = result.removed as unknown as { turns: number[]; layers: number[] };
  expect(turns).toHaveLength(whole.config.layers);
  expect(layers).toEqual([turns.indexOf(Math.min(...turns))]);
  expect(turns.every((turn) => turn > 0 && turn < 1)).toBe(true);
});

it('removes as little as reaches a target', async () => {
  const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const aim = (options: Partial<PruneOptions>) => aimed(whole, pruneSchema.parse(options));
  const targetParameters = Math.round(0.9 * whole.parameters);
  const count = aim({ method: 'width', targetParameters }).amount!;
  const after = async (amount: number) => (await pruned(whole, { method: 'width', amount })).result.parametersAfter;
  expect(await after(count)).toBeLessThanOrEqual(targetParameters);
  expect(await after(count - 1)).toBeGreaterThan(targetParameters);
  expect(() => aim({ method: 'wanda', targetParameters })).toThrow(/as large as it is/);
  expect(() => aim({ method: 'depth', targetParameters: 10 })).toThrow(/no fewer than/);
  expect(() => aim({ method: 'depth', targetSize: '90GB' })).toThrow(/already/);
  expect(() => aim({ method: 'depth', targetSize: '90kB', amount: 1 })).toThrow(/one of/);
});

it.each(['llama', 'gpt2', 'gemma2'])('%s: sparsegpt is closer to the whole model than wanda', async (name) => {
  const whole = await openModel(join(import.meta.dirname, '../fixtures/models', name));
  const random = new Random([3]);
  const text = Array.from({ length: 2048 }, () => Math.floor(150 * random.fraction()));
  const wide = { ...context, calibration: async () => [text] };
  const some = int64([16, 64], text.slice(0, 1024));
  const scores = async (model: Model) =>
    (await scoreSequences(model, some, undefined, { threads: 1 })).data as Float32Array;
  const logits = await scores(whole);
  const far: Record<string, number> = {};
  for (const method of ['wanda', 'sparsegpt'] as const) {
    const out = join(work, `${name}-${method}`);
    const { removed } = await prune(whole, out, pruneSchema.parse({ method }), wide);
    expect(removed.weights).toBe(removed.of / 2);
    const after = await scores(await openModel(out));
    far[method] = after.reduce((sum, v, i) => sum + (v - logits[i]) ** 2, 0);
  }
  expect(far.sparsegpt).toBeLessThan(far.wanda);
});

/** The whole model with those columns of each reader zero that the pruned model's reader has not. */
async function silenced(whole: Model, small: Model, reader: RegExp): Promise<Model> {
  const change = new Map<string, (values: Float32Array) => void>();
  for (const [name, { shape }] of whole.weights) {
    if (!reader.test(name)) continue;
    const inOut = /c_proj/.test(name);
    const kept = await readFloats(small.weights.get(name)!);
    const [rows, columns] = inOut ? [shape[1], shape[0]] : shape;
    const at = (o: number, i: number, width: number) => (inOut ? i * rows + o : o * width + i);
    const left = kept.length / rows;
    change.set(name, (values) => {
      let next = 0;
      for (let i = 0; i < columns; i++) {
        if (next < left && values[at(0, i, columns)] === kept[at(0, next, left)]) next += 1;
        else for (let o = 0; o < rows; o++) values[at(o, i, columns)] = 0;
      }
      expect(next, `${name}: what is left are columns of the whole`).toBe(left);
    });
  }
  return changed(whole, change);
}

it.each(['wanda', 'sparsegpt'] as const)(
  '%s takes less of layers full of outliers, and as much in all',
  async (method) => {
    const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
    const { result, model } = await pruned(whole, { method, shares: 'outliers' });
    const { shares, weights, of } = result.removed as unknown as { shares: number[]; weights: number; of: number };
    expect(shares).toHaveLength(whole.config.layers);
    expect(Math.max(...shares)).toBeGreaterThan(Math.min(...shares));
    expect(weights / of).toBeCloseTo(0.5, 1);
    for (const [l, share] of shares.entries()) {
      const values = await readFloats(model.weights.get(`model.layers.${l}.mlp.down_proj.weight`)!);
      expect(values.filter((v) => v === 0).length / values.length).toBeCloseTo(share, 1);
    }
  },
);

it('removes the layers that are named', async () => {
  const whole = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const { result } = await pruned(whole, { method: 'depth', layers: [1] });
  expect(result.removed).toEqual({ layers: [1], of: whole.config.layers });
});

describe('refusals', () => {
  const open = (name: string) => openModel(join(import.meta.dirname, '../fixtures/models', name));
  it.each([
    ['llama', { method: 'depth', amount: 3 }, 'prune/too-much'],
    ['llama', { method: 'width', amount: 128 }, 'prune/too-much'],
    ['llama', { method: 'width', part: 'heads', amount: 1 }, 'prune/does-not-divide'],
    ['llama', { method: 'width', part: 'groups', amount: 2 }, 'prune/too-much'],
    ['llama', { method: 'width', part: 'heads', amount: 4 }, 'prune/too-much'],
    ['llama', { method: 'wanda', amount: 1 }, 'prune/too-much'],
    ['llama', { method: 'wanda', amount: 0.3, pattern: '2:4' }, 'arguments/incompatible'],
    ['llama', { method: 'depth', by: 'activation', amount: 1 }, 'arguments/incompatible'],
    ['llama', { method: 'depth', amount: 1.5 }, 'arguments/invalid'],
    ['llama', { method: 'vocabulary' }, 'tokenizer/missing'],
    ['llama', { method: 'depth', layers: [7] }, 'arguments/invalid'],
    ['llama', { method: 'depth', layers: [0, 0] }, 'arguments/invalid'],
    ['llama', { method: 'depth', layers: [0, 1, 2] }, 'prune/too-much'],
    ['llama', { method: 'depth', layers: [0], amount: 1 }, 'arguments/incompatible'],
    ['llama', { method: 'width', layers: [0] }, 'arguments/incompatible'],
    ['llama', { method: 'magnitude', shares: 'outliers' }, 'arguments/incompatible'],
    ['bert', { method: 'vocabulary' }, 'arguments/incompatible'],
    ['t5', { method: 'depth', amount: 1 }, 'arguments/incompatible'],
  ] as const)('%s %o: %s', async (name, options, code) => {
    await expect(pruned(await open(name), structuredClone(options) as Partial<PruneOptions>)).rejects.toMatchObject({
      code,
    });
  });

  it('refuses an empty calibration text', async () => {
    const empty = { calibration: async () => [], threads: 1 };
    const options = pruneSchema.parse({ method: 'wanda' });
    await expect(prune(await open('llama'), join(work, 'empty'), options, empty)).rejects.toMatchObject({
      code: 'dataset/empty',
    });
  });
});
