/** Fine-tuning as a user meets it: folders out, resumed runs, adapters that merge to what PEFT merges to. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapter } from '../../app/models/adapter.ts';
import { openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { readConstant, readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { checkpointFolder } from '../../app/techniques/finetune/loop.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-finetune-'));
afterAll(() => rm(work, { recursive: true }));
const tokens = (name: string) => join(ROOT, 'train', name, 'train.safetensors');
const fixed = { learningRate: 1e-3, weightDecay: 0.01, schedule: 'constant', maxGradNorm: 0, steps: 8 } as const;

describe.each(['llama-lora', 'gpt2-lora', 'llama-dora', 'gpt2-dora', 'llama-patterns'])('%s', (name) => {
  const folder = join(ROOT, 'train', name);
  const out = join(work, `${name}-merged`);

  it('writes a merged folder whose logits are those of the merged reference', async () => {
    const model = await openModel(join(ROOT, 'models', name.split('-')[0]));
    const options = finetuneSchema.parse({ ...fixed, method: 'lora', adapter: join(folder, 'adapter_init') });
    const result = await finetune(model, { tokens: tokens(name) }, out, options, { threads: 1 });
    expect(result.losses.length).toBe(8);
    const reference = await safetensorsConstants(join(folder, 'merged_reference.safetensors'));
    const ids = await readConstant(reference.get('input_ids')!);
    const expected = await readFloats(reference.get('logits')!);
    const { data } = await scoreSequences(await openModel(out), ids, undefined, { threads: 1 });
    const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - (data as Float32Array)[i])), 0);
    expect(worst / scale).toBeLessThan(2e-3);
  });

  it('writes an adapter that reads as PEFT’s own does', async () => {
    const [ours, theirs] = [await readAdapter(join(out, 'adapter')), await readAdapter(join(folder, 'adapter_final'))];
    expect([...ours.weights.keys()].sort()).toEqual([...theirs.weights.keys()].sort());
    expect(ours.modules).toEqual(theirs.modules);
    expect([...ours.config.target_modules].sort()).toEqual([...theirs.config.target_modules].sort());
    expect(ours.config.fan_in_fan_out).toBe(theirs.config.fan_in_fan_out);
    expect(ours.config.use_dora).toBe(theirs.config.use_dora);
  });
});

describe('a run that was stopped', () => {
  const options = finetuneSchema.parse({
    ...fixed,
    method: 'full',
    schedule: 'cosine',
    warmupSteps: 2,
    accumulate: 2,
    maxGradNorm: 0.5,
    checkpointSteps: 1,
  });
  const data = { tokens: tokens('llama-full') };

  it.each(['adamw', 'adafactor', 'sgd'] as const)(
    'goes on to the same losses and weights with %s',
    async (optimizer) => {
      const model = await openModel(join(ROOT, 'models/llama'));
      const settings = { ...options, optimizer };
      const [whole, parts] = [join(work, `whole-${optimizer}`), join(work, `parts-${optimizer}`)];
      const expected = await finetune(model, data, whole, settings, { threads: 1 });
      // Stopped twice: what a resumed run saves must be its own place, not the one it began from.
      for (const at of [3, 5]) {
        const stop = new AbortController();
        const onStep = ({ step }: { step: number }) => step === at && stop.abort(new Error('stopped'));
        const stopped = { threads: 1, resume: at > 3, signal: stop.signal, onStep };
        await expect(finetune(model, data, parts, settings, stopped)).rejects.toThrow('stopped');
        const state = JSON.parse(await readFile(join(checkpointFolder(parts), 'state.json'), 'utf8'));
        expect([state.steps, state.file]).toEqual([at, `step-${at}.bin`]);
      }
      const result = await finetune(model, data, parts, settings, { threads: 1, resume: true });
      expect(result.losses).toEqual(expected.losses);
      expect(Object.keys(result).sort()).toEqual(Object.keys(expected).sort());
      expect(await readFile(join(parts, 'model.safetensors'))).toEqual(
        await readFile(join(whole, 'model.safetensors')),
      );
      await expect(readFile(join(checkpointFolder(parts), 'state.json'))).rejects.toThrow();
    },
  );

  it('does not go on with other settings, nor from a damaged checkpoint', async () => {
    const model = await openModel(join(ROOT, 'models/llama'));
    const out = join(work, 'other');
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 2 && stop.abort(new Error('stopped'));
    await expect(finetune(model, data, out, options, { threads: 1, signal: stop.signal, onStep })).rejects.toThrow(
      'stopped',
    );
    const resume = { threads: 1, resume: true };
    const other = finetune(model, data, out, { ...options, learningRate: 2e-3 }, resume);
    await expect(other).rejects.toMatchObject({ code: 'checkpoint/other-run' });
    const folder = checkpointFolder(out);
    const { file } = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8'));
    await writeFile(join(folder, file), 'short');
    await expect(finetune(model, data, out, options, resume)).rejects.toMatchObject({ code: 'weights/truncated' });
  });
});

it('says when training diverges and writes nothing', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const out = join(work, 'diverged');
  const options = finetuneSchema.parse({ ...fixed, method: 'full', learningRate: 1e30 });
  await expect(finetune(model, { tokens: tokens('llama-full') }, out, options, { threads: 1 })).rejects.toMatchObject({
    code: 'training/diverged',
  });
  await expect(readFile(join(out, 'config.json'))).rejects.toThrow();
});

it('does not replace a folder that is not its own', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const out = join(work, 'taken');
  await cp(join(ROOT, 'tokenizers/smollm2'), out, { recursive: true });
  const options = finetuneSchema.parse({ ...fixed, steps: 1 });
  await expect(finetune(model, { tokens: tokens('llama-lora') }, out, options, { threads: 1 })).rejects.toMatchObject({
    code: 'file/exists',
  });
});

it.each(['llama', 'gpt2'])('begins DoRA on %s with the model unchanged', async (family) => {
  const model = await openModel(join(ROOT, 'models', family));
  const data = { tokens: tokens(`${family}-lora`) };
  const first = async (method: string) => {
    const options = finetuneSchema.parse({ ...fixed, method, steps: 1, learningRate: 1e-30 });
    return (await finetune(model, data, join(work, `${family}-${method}-begin`), options, { threads: 1 })).losses[0];
  };
  expect(await first('dora')).toBeCloseTo(await first('lora'), 4);
});

it('gives single layers other ranks and scales, and writes them as PEFT’s patterns', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const out = join(work, 'ranks');
  const more = { targets: ['q_proj', 'down_proj'], ranks: ['layers.0.self_attn.q_proj=4'], alphas: ['down_proj=32'] };
  const options = finetuneSchema.parse({ ...fixed, rank: 2, alpha: 8, ...more });
  await finetune(model, { tokens: tokens('llama-lora') }, out, options, { threads: 1 });
  const { config, modules } = await readAdapter(join(out, 'adapter'));
  expect(modules.get('model.layers.0.self_attn.q_proj')).toEqual({ rank: 4, scale: 2 });
  expect(modules.get('model.layers.1.self_attn.q_proj')).toEqual({ rank: 2, scale: 4 });
  expect(modules.get('model.layers.1.mlp.down_proj')).toEqual({ rank: 2, scale: 16 });
  expect(config.rank_pattern).toEqual({ 'model.layers.0.self_attn.q_proj': 4 });
  const wrong = finetune(model, { tokens: tokens('llama-lora') }, out, { ...options, ranks: ['q_proj=x'] });
  await expect(wrong).rejects.toMatchObject({ code: 'arguments/invalid' });
});

it('names the layers there are when a target is unknown', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const options = finetuneSchema.parse({ ...fixed, targets: ['q_proj', 'nonsense'] });
  const run = finetune(model, { tokens: tokens('llama-lora') }, join(work, 'x'), options, { threads: 1 });
  await expect(run).rejects.toThrow(/nonsense .*q_proj, k_proj/);
});

it('drops the same inputs whenever a step is done, and others in the next', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const data = { tokens: tokens('llama-lora') };
  const train = async (name: string, more: object) => {
    const options = finetuneSchema.parse({ ...fixed, learningRate: 1e-2, ...more });
    return (await finetune(model, data, join(work, name), options, { threads: 1 })).losses;
  };
  const without = await train('dropout-0', {});
  const dropped = await train('dropout-1', { dropout: 0.5 });
  expect(await train('dropout-2', { dropout: 0.5, checkpointing: true })).toEqual(
    dropped.map((loss) => expect.closeTo(loss, 3)),
  );
  // Adapters begin at zero, so only the second step can tell.
  expect(dropped[0]).toBeCloseTo(without[0], 4);
  expect(Math.abs(dropped[7] - without[7])).toBeGreaterThan(1e-3);
});
