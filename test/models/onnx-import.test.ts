/** ONNX models in the library: imported whole, described, refused where they are no good. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { modelFacts } from '../../app/models/facts.ts';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { graph, message, model, node, value } from '../onnx/proto.ts';
import { makeTinyModel } from './tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-onnx-import-'));
afterAll(() => rm(work, { recursive: true }));
let source: string;
beforeAll(async () => {
  source = await makeTinyModel(work, 'llama');
});

/** The folder of an export without what only Lathe reads. */
async function exported(from: string, name: string): Promise<string> {
  const { folder } = await exportModel(from, 'onnx', join(work, name), { threads: 1, prompts: [[1, 2, 3]] });
  for (const own of ['lathe-weights.json', 'lathe.json']) await rm(join(folder, own), { force: true });
  return folder;
}

it('imports a folder, with configuration and tokenizer, and knows what it is', async () => {
  const out = join(work, 'imported');
  await importModel(await exported(source, 'float'), out);
  const facts = await modelFacts(out);
  const original = await openModel(source);
  expect(facts).toMatchObject({ architecture: 'llama', layers: 2, width: 64, vocabulary: 320, contextLength: 512 });
  // The rotary tables are constants too.
  expect(facts.parameters).toBeGreaterThanOrEqual(original.parameters);
  expect(facts.parameters).toBeLessThan(original.parameters * 1.2);
  expect(facts.steps.map(({ technique }) => technique)).toEqual(['import']);
  expect(existsSync(join(out, 'tokenizer.json'))).toBe(true);
});

it('counts the weights of a quantized graph, not its bytes', async () => {
  const quantized = join(work, 'quantized');
  await quantize(await openModel(source), quantized, quantizeSchema.parse({ embeddingBits: 16 }), { threads: 1 });
  const facts = await modelFacts(await exported(quantized, 'int4'));
  const original = await openModel(source);
  expect(facts.parameters).toBeGreaterThanOrEqual(original.parameters);
  expect(facts.parameters).toBeLessThan(original.parameters * 1.2);
});

it('imports a single file that says nothing about itself', async () => {
  const file = join(work, 'lone.onnx');
  await writeFile(file, lone());
  const out = join(work, 'lone-out');
  await importModel(file, out);
  expect(await modelFacts(out)).toMatchObject({ architecture: 'onnx', parameters: 4, layers: 0 });
  expect(await modelFacts(file)).toMatchObject({ architecture: 'onnx', parameters: 4, id: 'lone.onnx' });
});

const weights = (location?: string) =>
  message((w) => {
    w.tag(1, 0).int64(4).tag(2, 0).int32(1).tag(8, 2).string('w');
    if (location === undefined) w.tag(9, 2).bytes(new Uint8Array(16));
    else
      w.tag(14, 0)
        .int32(1)
        .tag(13, 2)
        .bytes(message((e) => e.tag(1, 2).string('location').tag(2, 2).string(location)));
  });
const lone = (location?: string, input = 'x') =>
  model({
    graph: graph({
      inputs: [value('x', 1, [4])],
      nodes: [node('Add', [input, 'w'], ['y'])],
      initialisers: [weights(location)],
      outputs: [value('y', 1, [4])],
    }),
  });

describe('refuses', () => {
  it.each([
    ['data outside its folder', lone('../secret.bin'), 'file/outside-folder'],
    ['data at an absolute path', lone('/etc/passwd'), 'file/outside-folder'],
    ['data that is not there', lone('nowhere.bin'), 'weights/missing'],
    ['data that is too short', lone('short.bin'), 'weights/truncated'],
    ['a value that nobody makes', lone(undefined, 'ghost'), 'onnx/corrupt'],
    ['half a model', lone().subarray(0, 60), 'onnx/corrupt'],
    ['an empty file', new Uint8Array(), 'onnx/corrupt'],
    ['text', Buffer.from('{"this": "is JSON"}'), 'onnx/corrupt'],
  ])('%s', async (_, bytes, code) => {
    const folder = join(work, 'inner');
    await mkdir(folder, { recursive: true });
    await writeFile(join(work, 'secret.bin'), new Uint8Array(64));
    await writeFile(join(folder, 'short.bin'), new Uint8Array(8));
    await writeFile(join(folder, 'model.onnx'), bytes);
    await expect(importModel(join(folder, 'model.onnx'), join(work, 'bad'))).rejects.toMatchObject({ code });
    expect(existsSync(join(work, 'bad'))).toBe(false);
  });

  it('weights that are no numbers', async () => {
    const folder = join(work, 'nan');
    await mkdir(join(folder, 'onnx'), { recursive: true });
    for (const name of ['model.onnx', 'model.onnx_data']) {
      await copyFile(join(work, 'float/onnx', name), join(folder, 'onnx', name));
    }
    const data = await readFile(join(folder, 'onnx/model.onnx_data'));
    data.fill(0xff, 0, 64);
    await writeFile(join(folder, 'onnx/model.onnx_data'), data);
    await expect(importModel(folder, join(work, 'bad'))).rejects.toMatchObject({ code: 'weights/not-finite' });
    expect(existsSync(join(work, 'bad'))).toBe(false);
  });
});
