/** Bits of single layers: read and written, in files, and how sensitive each layer is measured to be. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { modelSize } from '../../app/models/size.ts';
import { LAYER_BITS, readLayerBits } from '../../app/techniques/quantize/layer-bits.ts';
import { layerSensitivity } from '../../app/techniques/quantize/layer-sensitivity.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { bitsByLayer, layerBitsText } from '../../renderer/wizards/quantize/layer-bits.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-layers-'));
afterAll(() => rm(work, { recursive: true }));
const open = (name: string) => openModel(join(import.meta.dirname, '../fixtures/models', name));

it('reads what the window writes, and what people write', () => {
  const bits = readLayerBits('0=8, 4 - 7=3,5=2');
  expect([...bits]).toEqual([
    [0, 8],
    [4, 3],
    [5, 2],
    [6, 3],
    [7, 3],
  ]);
  expect(layerBitsText(bits)).toBe('0=8, 4=3, 5=2, 6-7=3');
  expect(readLayerBits(layerBitsText(bits))).toEqual(bits);
  expect(bitsByLayer('0=8, 4 - 7=3,5=2')).toEqual(bits);
  expect(['0=8', '0=8,3-4=2', ' 1 = 4 '].map((text) => LAYER_BITS.test(text))).toEqual([true, true, true]);
  expect(['', '0', '0=7', '0=16', 'x=4', '0=8 1=4'].filter((text) => LAYER_BITS.test(text))).toEqual([]);
});

it.each(['llama', 'gpt2'])('%s has the bits that its layers were given', async (name) => {
  const model = await open(name);
  const sizes: number[] = [];
  for (const layerBits of ['0=8', '0=2', undefined]) {
    const out = join(work, `${name}-${layerBits}`);
    const options = quantizeSchema.parse({ bits: 4, groupSize: 16, accuracyLevel: 1, layerBits });
    const { parts } = await quantize(model, out, options, { threads: 1 });
    const told = (layer: number) =>
      new Set(parts?.filter(({ modules: [name] }) => name.includes(`.${layer}.`)).map(({ bits }) => bits));
    const { formats } = JSON.parse(await readFile(join(out, 'lathe-weights.json'), 'utf8'));
    const widths = (layer: number) =>
      new Set(
        Object.entries<{ bits: number }>(formats).flatMap(([module, { bits }]) =>
          module.includes(`.${layer}.`) ? [bits] : [],
        ),
      );
    expect(widths(0)).toEqual(new Set([layerBits === undefined ? 4 : Number(layerBits.slice(2))]));
    expect(widths(1)).toEqual(new Set([4]));
    expect(parts && [told(0), told(1)]).toEqual(layerBits && [widths(0), widths(1)]);
    sizes.push(await modelSize(out));
  }
  const [wide, narrow, uniform] = sizes;
  expect(wide).toBeGreaterThan(uniform);
  expect(narrow).toBeLessThan(uniform);
});

it('refuses what cannot be', async () => {
  const model = await open('llama');
  const attempt = (options: object) =>
    quantize(model, join(work, 'refused'), quantizeSchema.parse(options), { threads: 1 });
  await expect(attempt({ layerBits: '99=8' })).rejects.toMatchObject({ message: expect.stringContaining('layer 99') });
  for (const other of [{ method: 'float16' }, { method: 'dynamic' }, { targetSize: '150kB' }])
    await expect(attempt({ ...other, layerBits: '0=8' })).rejects.toMatchObject({ code: 'arguments/incompatible' });
});

it('measures a layer that matters more as more sensitive, and fewer bits as worse', async () => {
  const model = await open('llama');
  const text = Int32Array.from({ length: 48 }, (_, i) => (i * 7) % 90);
  const layers = await layerSensitivity(model, text, { threads: 1 });
  expect(layers.map(({ layer }) => layer)).toEqual([...Array(model.config.layers).keys()]);
  for (const { losses } of layers) {
    expect(losses.map(({ bits }) => bits)).toEqual([2, 3, 4, 5, 6, 8]);
    for (let i = 1; i < losses.length; i++) expect(losses[i].loss).toBeLessThan(losses[i - 1].loss);
    expect(losses[5].loss).toBeGreaterThan(0);
  }
});
