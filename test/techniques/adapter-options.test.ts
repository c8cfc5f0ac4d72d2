/** What adapters can be asked for beyond LoRA: other rates, frozen parts, merging several, and a refusal of another base's. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readAdapter } from '../../app/models/adapter.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { mergeAdapters } from '../../app/techniques/finetune/merge.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-adapters-'));
afterAll(() => rm(work, { recursive: true }));
const fixed = { learningRate: 1e-3, weightDecay: 0.01, schedule: 'constant', maxGradNorm: 0, steps: 8 } as const;
const data = { tokens: join(ROOT, 'train/llama-lora/train.safetensors') };

it('lets the second matrix learn faster as PyTorch does with LoRA+', async () => {
  const folder = join(ROOT, 'train-starts/llama-lora-plus');
  const reference = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'));
  const model = await openModel(join(ROOT, 'models/llama'));
  const loraPlusRatio = reference.optimizer.lora_plus_ratio;
  const options = finetuneSchema.parse({ ...fixed, adapter: join(folder, 'adapter_init'), loraPlusRatio });
  const { losses } = await finetune(model, data, join(work, 'plus'), options, { threads: 1 });
  for (const [i, loss] of losses.entries()) expect(Math.abs(loss - reference.losses[i])).toBeLessThan(2e-4);
});

it.each([
  ['layers', /layers\.2\./],
  ['embeddings', /embed_tokens/],
  ['norms', /norm/],
] as const)('trains the %s alone', async (trainParts, expected) => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const out = join(work, `freeze-${trainParts}`);
  const options = finetuneSchema.parse({ ...fixed, method: 'freeze', trainParts, lastLayers: 1, steps: 2 });
  await finetune(model, data, out, options, { threads: 1 });
  const trained = await openModel(out);
  for (const [name, constant] of model.weights) {
    const [before, after] = [await readFloats(constant), await readFloats(trained.weights.get(name)!)];
    expect(!before.every((v, i) => v === after[i]), name).toBe(expected.test(name));
  }
});

it('merges adapters that were kept apart, each as loud as asked for', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const [one, two] = ['llama-lora', 'llama-patterns'].map((name) => join(ROOT, 'train', name, 'adapter_final'));
  const out = join(work, 'merged');
  const adapters = [
    { folder: one, weight: 1 },
    { folder: two, weight: -0.5 },
  ];
  await mergeAdapters(model, adapters, out);
  const path = 'model.layers.0.self_attn.q_proj';
  const actual = await readFloats((await openModel(out)).weights.get(`${path}.weight`)!);
  const expected = Float64Array.from(await readFloats(model.weights.get(`${path}.weight`)!));
  for (const { folder, weight } of adapters) {
    const { weights, modules } = await readAdapter(folder);
    const { rank, scale } = modules.get(path)!;
    const a = await readFloats(weights.get(`${path}.lora_A.weight`)!);
    const b = await readFloats(weights.get(`${path}.lora_B.weight`)!);
    for (let o = 0; o < 64; o++)
      for (let i = 0; i < 64; i++)
        for (let r = 0; r < rank; r++) expected[o * 64 + i] += weight * scale * b[o * rank + r] * a[r * 64 + i];
  }
  expect(Math.max(...expected.map((v, i) => Math.abs(v - actual[i])))).toBeLessThan(1e-5);
});

it('refuses an adapter for another base, and DoRA among others', async () => {
  const gpt2 = await openModel(join(ROOT, 'models/gpt2'));
  const folder = join(ROOT, 'train/llama-lora/adapter_final');
  const merged = mergeAdapters(gpt2, [{ folder, weight: 1 }], join(work, 'no'));
  await expect(merged).rejects.toMatchObject({ code: 'adapter/other-base' });
  const gemma = await openModel(join(ROOT, 'models/qwen3'));
  const options = finetuneSchema.parse({ ...fixed, adapter: folder });
  await expect(finetune(gemma, data, join(work, 'no'), options)).rejects.toMatchObject({ code: 'adapter/other-base' });
  const llama = await openModel(join(ROOT, 'models/llama'));
  const dora = { folder: join(ROOT, 'train/llama-dora/adapter_final'), weight: 0.5 };
  await expect(mergeAdapters(llama, [dora], join(work, 'no'))).rejects.toMatchObject({
    code: 'arguments/incompatible',
  });
});

it.each(['pissa', 'olora'] as const)('begins at a part of the weights as PEFT does: %s', async (init) => {
  const folder = join(ROOT, `train-starts/llama-${init}`);
  const reference = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'));
  const model = await openModel(join(ROOT, 'models/llama'));
  const out = join(work, init);
  const targets = ['q_proj', 'down_proj'];
  const options = finetuneSchema.parse({ ...fixed, init, rank: 2, alpha: 4, targets });
  const { losses } = await finetune(model, data, out, options, { threads: 1 });
  for (const [i, loss] of losses.entries())
    expect(Math.abs(loss - reference.losses[i]), `step ${i}`).toBeLessThan(1e-3);
  // The adapter that is written is for the model as it was.
  const again = join(work, `${init}-again`);
  await mergeAdapters(model, [{ folder: join(out, 'adapter'), weight: 1 }], again);
  const [direct, merged] = [await openModel(out), await openModel(again)];
  for (const name of ['model.layers.1.self_attn.q_proj.weight', 'model.layers.2.mlp.down_proj.weight']) {
    const [a, b] = [await readFloats(direct.weights.get(name)!), await readFloats(merged.weights.get(name)!)];
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(1e-5);
  }
});
