/** Folders in GPTQ's form: what a reader of the published layout finds in them is what Lathe computes with. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { readConstant, readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { fromFloat16 } from '../../app/tensor/half.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-gptq-'));
afterAll(() => rm(work, { recursive: true }));

async function quantized(name: string, options: Record<string, unknown>): Promise<string> {
  const folder = join(work, `${name}-${Object.values(options).join('-')}`);
  const chosen = quantizeSchema.parse({ method: 'rtn', accuracyLevel: 1, ...options });
  await quantize(await openModel(join(ROOT, name)), folder, chosen, { threads: 1 });
  return folder;
}

async function exported(source: string): Promise<string> {
  const out = `${source}-gptq`;
  const { checks } = await exportModel(source, 'gptq', out, { threads: 1, prompts: await checkPrompts(source) });
  expect(checks.map(({ name }) => name)).toContain('same packed layers');
  return out;
}

describe.each([
  ['llama', { bits: 4, groupSize: 16, symmetric: true }, 'gptq'],
  ['llama', { bits: 4, groupSize: 16, symmetric: false }, 'gptq_v2'],
  ['llama', { bits: 8, groupSize: 0, symmetric: false, embeddingBits: 6 }, 'gptq_v2'],
  ['gpt2', { bits: 2, groupSize: 16, symmetric: true, embeddingBits: 16 }, 'gptq'],
])('%s with %j', (name, options, format) => {
  it(`is packed as ${format}, and taken in again as plain weights`, async () => {
    const out = await exported(await quantized(name, options));
    const { quantization_config: said, dtype } = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
    expect(dtype).toBe('float16');
    expect(said).toMatchObject({
      quant_method: 'gptq',
      bits: options.bits,
      group_size: options.groupSize || -1,
      sym: options.symmetric,
      checkpoint_format: format,
    });
    await expect(openModel(out)).rejects.toMatchObject({ code: 'model/packed' });
    const back = `${out}-back`;
    await importModel(out, back);
    expect((await openStored(back)).parameters).toBe((await openStored(join(ROOT, name))).parameters);
  });
});

it('holds codes, zeros, scales and groups where the layout has them', async () => {
  const source = await quantized('llama', { bits: 4, groupSize: 16, symmetric: true, scales: 'float16' });
  const tensors = await safetensorsConstants(join(await exported(source), 'model.safetensors'));
  const module = 'model.layers.0.mlp.down_proj';
  const read = async (part: string) => await readConstant(tensors.get(`${module}.${part}`)!);
  const [words, zeros, scales, groups] = [
    await read('qweight'),
    await read('qzeros'),
    await read('scales'),
    await read('g_idx'),
  ];
  const [, outputs] = words.shape as number[];
  // By hand from the description of the layout: eight codes of one output a word, zeros one less than they are.
  const weight = (n: number, k: number) => {
    const code = ((words.data[Math.floor(k / 8) * outputs + n] as number) >>> (4 * (k % 8))) & 15;
    const group = groups.data[k] as number;
    const zero = ((zeros.data[group * (outputs / 8) + Math.floor(n / 8)] as number) >>> (4 * (n % 8))) & 15;
    return (code - (zero + 1)) * fromFloat16(scales.data[group * outputs + n] as number);
  };
  const original = await readFloats((await openModel(join(ROOT, 'llama'))).weights.get(`${module}.weight`)!);
  const inputs = original.length / outputs;
  expect(groups.data[inputs - 1]).toBe(inputs / 16 - 1);
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < inputs; k++) {
      const scale = Math.abs(fromFloat16(scales.data[Math.floor(k / 16) * outputs + n] as number));
      // Symmetric grids end one step short on one side.
      expect(Math.abs(weight(n, k) - original[n * inputs + k])).toBeLessThanOrEqual(scale * 1.001);
    }
  }
});

it('refuses what the format has no place for', async () => {
  const refused = async (source: string, message: RegExp) => {
    const options = { threads: 1, prompts: [[1, 2]] };
    await expect(exportModel(source, 'gptq', join(work, 'no'), options)).rejects.toThrow(message);
  };
  await refused(join(ROOT, 'llama'), /not quantized/);
  await refused(join(ROOT, 'bert'), /generates nothing/);
  await refused(await quantized('llama', { bits: 3, groupSize: 16 }), /2, 4 or 8 bits, not 3/);
  await refused(await quantized('llama', { bits: 4, groupSize: 16, layerBits: '0=8' }), /all alike/);
  await refused(await quantized('llama', { method: 'dynamic' }), /quantize the model with/);
});
