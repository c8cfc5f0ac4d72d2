/** Exports are written, opened again and compared; a wrong one is not called done. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareOracles } from '../../app/export/check.ts';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';
import { compareOutputs } from '../../app/export/whole.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { openOnnx } from '../../app/onnx/open.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { int64, type Tensor, tensor } from '../../app/tensor/tensor.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-export-'));
afterAll(() => rm(work, { recursive: true }));

describe.each(['llama', 'llama3-rope', 'qwen2', 'gpt2'])('%s', (name) => {
  it.each(['onnx', 'safetensors'])('becomes %s', async (target) => {
    const source = join(ROOT, name);
    const options = { threads: 1, prompts: await checkPrompts(source) };
    const { files, checks, folder } = await exportModel(source, target, join(work, `${name}-${target}`), options);
    expect(checks.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    expect(files.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    // What was exported is a model again.
    expect((await openStored(folder)).parameters).toBe((await openStored(source)).parameters);
  });
});

describe.each([
  [join(ROOT, 'llama'), 5],
  [join(ROOT, 'gpt2'), 5],
  [join(import.meta.dirname, '../fixtures/architectures/olmo2'), 5],
  [join(ROOT, 'bert-classification'), 5],
  [join(ROOT, 'modernbert'), 5],
])('%s', (source, files) => {
  it('becomes a folder of transformers.js', async () => {
    const options = { threads: 1, prompts: await checkPrompts(source) };
    const out = join(work, `${basename(source)}-js`);
    const { checks } = await exportModel(source, 'transformers.js', out, options);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    const { dtype, use_external_data_format: external } = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))[
      'transformers.js_config'
    ];
    expect(dtype).toBe('fp32');
    const names = await readdir(join(out, 'onnx'));
    expect(names.filter((name) => name.endsWith('.onnx'))).toHaveLength(files);
    for (const name of names.filter((file) => file.endsWith('_data'))) expect(external[name.slice(0, -5)]).toBe(1);
  });
});

describe.each(['llama', 'gpt2', 'bert', 'bert-classification'])('%s in apps', (name) => {
  it('becomes one file in two formats, with the operators they need', async () => {
    const out = join(work, `${name}-mobile`);
    const options = { threads: 1, prompts: await checkPrompts(join(ROOT, name)) };
    const { checks, files } = await exportModel(join(ROOT, name), 'onnxruntime-mobile', out, options);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(checks.some((check) => check.name.startsWith('model.ort: '))).toBe(true);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['model.onnx', 'model.ort', 'manifest.json']));
    expect(paths.filter((path) => path.startsWith('.') || path.endsWith('_data'))).toEqual([]);
    const report = JSON.parse(await readFile(join(out, 'mobile-report.json'), 'utf8'));
    expect(report.sizeBytes['model.onnx']).toBe(files.find(({ path }) => path === 'model.onnx')!.sizeBytes);
    for (const sample of ['LatheModel.kt', 'LatheModel.swift', 'latheModel.ts']) {
      const text = await readFile(join(out, 'samples', sample), 'utf8');
      for (const input of report.inputs)
        expect(text).toMatch(new RegExp(`["']${input.name}["']: |"${input.name}" to `));
      expect(text).toContain(report.outputs[0].name);
      expect(text).not.toContain('undefined');
    }
    const config = await readFile(join(out, 'required_operators.config'), 'utf8');
    for (const operator of report.operators) {
      const [, domain, op] = /^(.*)\.(\w+)$/.exec(operator.name)!;
      expect(config).toMatch(new RegExp(`^${domain};\\d+;(.*,)?${op}(,|$)`, 'm'));
      expect(operator.types.length).toBeGreaterThan(0);
    }
  });
});

it.each(['llama', 'gpt2', 'qwen2'])('%s becomes a folder of onnxruntime-genai', async (name) => {
  const out = join(work, `${name}-genai`);
  const options = { threads: 1, prompts: await checkPrompts(join(ROOT, name)) };
  const { checks } = await exportModel(join(ROOT, name), 'onnxruntime-genai', out, options);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  const { model } = JSON.parse(await readFile(join(out, 'genai_config.json'), 'utf8'));
  expect(model.decoder.inputs.past_key_names).toBe('past_key_values.%d.key');
  expect('position_ids' in model.decoder.inputs).toBe(name === 'gpt2');
});

it('says in manifest.json what the export is, was made from, and was checked for', async () => {
  const out = join(work, 'manifest');
  const source = join(ROOT, 'llama');
  const { checks } = await exportModel(source, 'safetensors', out, { threads: 1, prompts: await checkPrompts(source) });
  const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({ target: 'safetensors', passed: true, checks, source: { architecture: 'llama' } });
  const card = await readFile(join(out, 'README.md'), 'utf8');
  for (const { name } of checks) expect(card).toContain(`| ${name} | passed |`);
  for (const { path, sizeBytes, sha256 } of manifest.files) {
    const bytes = await readFile(join(out, path));
    expect(bytes.length).toBe(sizeBytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
});

const FAMILIES = join(import.meta.dirname, '../fixtures/architectures');
describe.each([
  [join(ROOT, 'bert'), ['last hidden state', 'pooler output']],
  [join(FAMILIES, 'roberta'), ['last hidden state', 'pooler output']],
  [join(ROOT, 'modernbert'), ['last hidden state']],
  [join(ROOT, 'bert-classification'), ['logits', 'labels']],
  [join(FAMILIES, 'distilbert-classification'), ['logits', 'labels']],
  [join(FAMILIES, 'roberta-classification'), ['logits', 'labels']],
  [join(FAMILIES, 'modernbert-mean'), ['logits', 'labels']],
  [join(FAMILIES, 'llama-classification'), ['logits', 'labels']],
])('%s', (source, compared) => {
  it.each(['onnx', 'safetensors'])('becomes %s, which gives what the source gives', async (target) => {
    const options = { threads: 1, prompts: await checkPrompts(source) };
    const out = join(work, `${basename(source)}-${target}`);
    const { checks, files } = await exportModel(source, target, out, options);
    expect(checks.map(({ name }) => name)).toEqual([...compared, 'tokens'].map((name) => `same ${name}`));
    expect(checks.every(({ passed }) => passed)).toBe(true);
    const wanted = target === 'onnx' ? 'onnx/model.onnx' : 'model.safetensors';
    expect(files.map(({ path }) => path)).toContain(wanted);
  });
});

it('counts a difference where the mask is set, and no other', () => {
  const mask = { attention_mask: int64([1, 2], [1, 0]) };
  const hidden = (...values: number[]) => ({
    last_hidden_state: tensor('float32', [1, 2, 2], Float32Array.from(values)),
  });
  const passed = (other: Record<string, Tensor>) =>
    compareOutputs(hidden(1, 2, 3, 4), other, mask, 1e-3).map((check) => check.passed);
  expect(passed(hidden(1, 2, 9, Number.NaN))).toEqual([true]);
  expect(passed(hidden(1, 2.1, 3, 4))).toEqual([false]);
  expect(passed(hidden(1, Number.NaN, 3, 4))).toEqual([false]);
  expect(passed({})).toEqual([false]);
});

it.each([
  ['rtn', 1],
  ['rtn', 4],
  ['dynamic', undefined],
] as const)('a model quantized by %s, accuracy level %s, becomes ONNX', async (method, accuracyLevel) => {
  const source = join(work, `${method}-${accuracyLevel}`);
  const chosen = quantizeSchema.parse({ method, accuracyLevel });
  await quantize(await openModel(join(ROOT, 'llama')), source, chosen, { threads: 1 });
  const options = { threads: 1, prompts: await checkPrompts(source) };
  const { checks } = await exportModel(source, 'onnx', join(work, `${method}-${accuracyLevel}-onnx`), options);
  expect(checks.every(({ passed }) => passed)).toBe(true);
});

it('looks rows of a quantized table up with standard operators where browsers may open the file', async () => {
  const source = join(work, 'table');
  const chosen = quantizeSchema.parse({ bits: 4, groupSize: 16, accuracyLevel: 1 });
  await quantize(await openModel(join(ROOT, 'llama')), source, chosen, { threads: 1 });
  const options = { threads: 1, prompts: await checkPrompts(source) };
  const operators = async (target: string, file: string) => {
    const { checks } = await exportModel(source, target, join(work, `table-${target}`), options);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    const { graph } = await openOnnx(join(work, `table-${target}`, file));
    return new Set(graph.nodes.map(({ op }) => op));
  };
  expect(await operators('onnx', 'onnx/model.onnx')).not.toContain('GatherBlockQuantized');
  expect(await operators('onnxruntime-genai', 'model.onnx')).toContain('GatherBlockQuantized');
});

it('tells a wrong export from a right one', async () => {
  const right = { logits: async (ids: readonly number[]) => Float32Array.of(1, ids.length, 2) };
  const wrong = { logits: async (ids: readonly number[]) => Float32Array.of(9, ids.length, 2) };
  const options = { prompts: [[1, 2, 3]], tokens: 4, tolerance: 1e-3 };
  expect((await compareOracles(right, right, options)).map(({ passed }) => passed)).toEqual([true, true]);
  expect((await compareOracles(right, wrong, options)).map(({ passed }) => passed)).toEqual([false, false]);
});

it('refuses what cannot be, and leaves nothing', async () => {
  const options = { threads: 1, prompts: [[1, 2]] };
  const out = join(work, 'nothing');
  await expect(exportModel(join(ROOT, 'llama'), 'floppy', out, options)).rejects.toMatchObject({
    code: 'arguments/invalid',
  });
  await expect(exportModel(join(ROOT, 'llama'), 'gguf-lora', out, options)).rejects.toMatchObject({
    code: 'arguments/invalid',
  });
  const wrong = exportModel(join(ROOT, 'llama'), 'onnx', out, { ...options, adapter: out });
  await expect(wrong).rejects.toMatchObject({ code: 'arguments/incompatible' });
  const silent = exportModel(join(ROOT, 'bert'), 'onnxruntime-genai', out, options);
  await expect(silent).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(exportModel(join(FAMILIES, 'opt'), 'gguf-f16', out, options)).rejects.toThrow(
    /for llama, .*safetensors/,
  );
  await expect(exportModel(join(ROOT, 't5'), 'onnx', out, options)).rejects.toThrow(/decoders, encoders/);
  const aborted = exportModel(join(ROOT, 'llama'), 'transformers.js', out, { ...options, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toThrow(/abort/);
  expect((await readdir(work)).filter((name) => name.includes('nothing'))).toEqual([]);
  const quantized = exportModel(join(work, 'rtn-4'), 'safetensors', out, options);
  await expect(quantized).rejects.toMatchObject({ code: 'arguments/incompatible' });
  await expect(readFile(join(out, 'config.json'))).rejects.toThrow();
});
