/** Folders that GPTQ or AWQ packed, written here bit by bit from the description of their layouts, become plain weights. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { readConstant, readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { type TensorToWrite, writeSafetensors } from '../../app/models/weights/index.ts';
import { encodeFloat16, fromFloat16 } from '../../app/tensor/half.ts';
import { Random } from '../../app/tensor/random.ts';

const LLAMA = join(import.meta.dirname, '../fixtures/models/llama');
const MODULE = 'model.layers.0.mlp.down_proj';
const work = await mkdtemp(join(tmpdir(), 'lathe-packed-'));
afterAll(() => rm(work, { recursive: true }));

const [OUTPUTS, INPUTS] = (await openModel(LLAMA)).weights.get(`${MODULE}.weight`)!.shape;
const GROUPS = INPUTS / 8;

/** Fields of `bits`, one after the other from the lowest bit of the first word on. */
function stream(fields: readonly number[], bits: number): Int32Array {
  const text = fields.map((field) => [...field.toString(2).padStart(bits, '0')].reverse().join('')).join('');
  const words = Array.from({ length: text.length / 32 }, (_, w) =>
    [...text.slice(32 * w, 32 * w + 32)].reverse().join(''),
  );
  return Int32Array.from(words, (word) => Number.parseInt(word, 2) | 0);
}

/** [rows, columns] of streams down the columns: word after word. */
function columnsOf(streams: readonly Int32Array[]): Int32Array {
  return Int32Array.from({ length: streams.length * streams[0].length }, (_, at) => {
    return streams[at % streams.length][Math.floor(at / streams.length)];
  });
}

const random = new Random([7]);
const below = (most: number) => Math.floor(random.fraction() * most);

interface Layer {
  readonly code: (n: number, k: number) => number;
  readonly zero: (n: number, g: number) => number;
  readonly groupOf: readonly number[];
}

function layerOf(bits: number, groupOf: readonly number[], leastZero: number): Layer {
  const codes = Array.from({ length: OUTPUTS * INPUTS }, () => below(2 ** bits));
  const zeros = Array.from({ length: OUTPUTS * GROUPS }, () => leastZero + below(2 ** bits - leastZero));
  return { code: (n, k) => codes[n * INPUTS + k], zero: (n, g) => zeros[n * GROUPS + g], groupOf };
}

const SCALES = encodeFloat16(Float32Array.from({ length: GROUPS * OUTPUTS }, () => random.fraction() - 0.4));

const range = (length: number): number[] => [...Array(length).keys()];
const inOrder = range(INPUTS).map((k) => Math.floor(k / 8));
const shuffled = range(INPUTS).map((k) => inOrder[(k * 7) % INPUTS]);

const entry = (part: string, shape: number[], data: Int32Array | Uint16Array): TensorToWrite => ({
  name: `${MODULE}.${part}`,
  dtype: data instanceof Int32Array ? 'int32' : 'float16',
  shape,
  produce: () => data,
});

function gptqTensors({ code, zero, groupOf }: Layer, bits: number, less: number): TensorToWrite[] {
  const rows = range(OUTPUTS).map((n) =>
    stream(
      range(INPUTS).map((k) => code(n, k)),
      bits,
    ),
  );
  const zeros = range(GROUPS).map((g) => [
    ...stream(
      range(OUTPUTS).map((n) => zero(n, g) - less),
      bits,
    ),
  ]);
  return [
    entry('qweight', [(INPUTS * bits) / 32, OUTPUTS], columnsOf(rows)),
    entry('qzeros', [GROUPS, (OUTPUTS * bits) / 32], Int32Array.from(zeros.flat())),
    entry('scales', [GROUPS, OUTPUTS], SCALES),
    entry('g_idx', [INPUTS], Int32Array.from(groupOf)),
  ];
}

function awqTensors({ code, zero }: Layer): TensorToWrite[] {
  const packed = (of: (n: number) => number) => [
    ...stream(
      range(OUTPUTS).map((n) => of(n - (n % 8) + [0, 2, 4, 6, 1, 3, 5, 7][n % 8])),
      4,
    ),
  ];
  return [
    entry('qweight', [INPUTS, OUTPUTS / 8], Int32Array.from(range(INPUTS).flatMap((k) => packed((n) => code(n, k))))),
    entry('qzeros', [GROUPS, OUTPUTS / 8], Int32Array.from(range(GROUPS).flatMap((g) => packed((n) => zero(n, g))))),
    entry('scales', [GROUPS, OUTPUTS], SCALES),
  ];
}

async function folderWith(name: string, said: object, tensors: readonly TensorToWrite[]): Promise<string> {
  const folder = join(work, name);
  await cp(LLAMA, folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, quantization_config: said }));
  const others = [...(await safetensorsConstants(join(LLAMA, 'model.safetensors')))]
    .filter(([tensor]) => tensor !== `${MODULE}.weight`)
    .map(([tensor, constant]): TensorToWrite => {
      const shape = constant.shape as number[];
      return { name: tensor, dtype: constant.dtype, shape, produce: async () => (await readConstant(constant)).data };
    });
  await writeSafetensors(join(folder, 'model.safetensors'), [...others, ...tensors]);
  return folder;
}

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
  await importModel(await folderWith(name, said, tensors), out);
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
    const folder = await folderWith(name, said, tensors);
    await expect(importModel(folder, join(work, 'no'))).rejects.toMatchObject({ code });
  }
  await expect(openModel(join(work, 'groups'))).rejects.toMatchObject({ code: 'model/packed' });
});
