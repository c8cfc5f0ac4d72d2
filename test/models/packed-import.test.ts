/** Folders that GPTQ or AWQ packed become plain weights. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import type { TensorToWrite } from '../../app/models/weights/index.ts';
import { fromFloat16 } from '../../app/tensor/half.ts';
import {
  awqTensors,
  entry,
  GROUPS,
  gptqTensors,
  INPUTS,
  inOrder,
  LLAMA,
  layerOf,
  MODULE,
  OUTPUTS,
  range,
  SCALES,
  shuffled,
  writePacked,
} from './packed-folder.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-packed-'));
afterAll(() => rm(work, { recursive: true }));

const GPTQ = { quant_method: 'gptq', bits: 4, group_size: 8 };
const V2 = { ...GPTQ, checkpoint_format: 'gptq_v2' };
const AWQ = { quant_method: 'awq', bits: 4, group_size: 8, version: 'gemm', zero_point: true };

it.each([
  ['gptq of 4 bits', GPTQ, 4, inOrder, 1],
  ['gptq of 3 bits in the order of activations', GPTQ, 3, shuffled, 1],
  ['gptq_v2 of 8 bits', V2, 8, shuffled, 0],
  ['awq', AWQ, 4, inOrder, 0],
] as const)('%s', async (name, said, bits, groupOf, leastZero) => {
  const layer = layerOf(bits, groupOf, leastZero);
  const tensors = said === AWQ ? awqTensors(layer) : gptqTensors(layer, bits, leastZero);
  const out = join(work, `${name} out`);
  await importModel(await writePacked(join(work, name), said, tensors), out);
  const model = await openModel(out);
  expect(model.configJson.quantization_config).toBeUndefined();
  const values = await readFloats(model.weights.get(`${MODULE}.weight`)!);
  for (const n of range(OUTPUTS)) {
    for (const k of range(INPUTS)) {
      const group = groupOf[k];
      const scale = fromFloat16(SCALES[group * OUTPUTS + n]);
      expect(values[n * INPUTS + k]).toBe(Math.fround((layer.code(n, k) - layer.zero(n, group)) * scale));
    }
  }
  const other = 'model.layers.1.mlp.down_proj.weight';
  expect(await readFloats(model.weights.get(other)!)).toEqual(
    await readFloats((await openModel(LLAMA)).weights.get(other)!),
  );
});

it('refuses what contradicts itself, and ways of packing that it does not know', async () => {
  const good = gptqTensors(layerOf(4, inOrder, 1), 4, 1);
  const without = (part: string) => good.filter(({ name }) => !name.endsWith(part));
  const beyond = entry('g_idx', [INPUTS], new Int32Array(INPUTS).fill(GROUPS));
  const short = entry('qzeros', [GROUPS, 1], new Int32Array(GROUPS));
  const cases: [string, object, TensorToWrite[], string][] = [
    ['no scales', GPTQ, without('scales'), 'weights/missing'],
    ['groups', GPTQ, [...without('g_idx'), beyond], 'weights/corrupt'],
    ['zeros', GPTQ, [...without('qzeros'), short], 'weights/wrong-shape'],
    ['fp8', { quant_method: 'fp8' }, good, 'model/unsupported'],
    ['gemv', { ...AWQ, version: 'gemv' }, good, 'model/unsupported'],
  ];
  for (const [name, said, tensors, code] of cases) {
    const folder = await writePacked(join(work, name), said, tensors);
    await expect(importModel(folder, join(work, 'no'))).rejects.toMatchObject({ code });
  }
  await expect(openModel(join(work, 'groups'))).rejects.toMatchObject({ code: 'model/packed' });
});
