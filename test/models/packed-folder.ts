/** Folders as GPTQ or AWQ pack them, one layer of a fixture, written bit by bit from the description of their layouts. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openModel } from '../../app/models/model.ts';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { type TensorToWrite, writeSafetensors } from '../../app/models/weights/index.ts';
import { encodeFloat16 } from '../../app/tensor/half.ts';
import { Random } from '../../app/tensor/random.ts';

export const LLAMA = join(import.meta.dirname, '../fixtures/models/llama');
export const MODULE = 'model.layers.0.mlp.down_proj';

export const [OUTPUTS, INPUTS] = (await openModel(LLAMA)).weights.get(`${MODULE}.weight`)!.shape;
export const GROUPS = INPUTS / 8;

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

export interface Layer {
  readonly code: (n: number, k: number) => number;
  readonly zero: (n: number, g: number) => number;
  readonly groupOf: readonly number[];
}

export function layerOf(bits: number, groupOf: readonly number[], leastZero: number): Layer {
  const codes = Array.from({ length: OUTPUTS * INPUTS }, () => below(2 ** bits));
  const zeros = Array.from({ length: OUTPUTS * GROUPS }, () => leastZero + below(2 ** bits - leastZero));
  return { code: (n, k) => codes[n * INPUTS + k], zero: (n, g) => zeros[n * GROUPS + g], groupOf };
}

export const SCALES = encodeFloat16(Float32Array.from({ length: GROUPS * OUTPUTS }, () => random.fraction() - 0.4));

export const range = (length: number): number[] => [...Array(length).keys()];
export const inOrder = range(INPUTS).map((k) => Math.floor(k / 8));
export const shuffled = range(INPUTS).map((k) => inOrder[(k * 7) % INPUTS]);

export const entry = (part: string, shape: number[], data: Int32Array | Uint16Array): TensorToWrite => ({
  name: `${MODULE}.${part}`,
  dtype: data instanceof Int32Array ? 'int32' : 'float16',
  shape,
  produce: () => data,
});

export function gptqTensors({ code, zero, groupOf }: Layer, bits: number, less: number): TensorToWrite[] {
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

export function awqTensors({ code, zero }: Layer): TensorToWrite[] {
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

/** A copy of the fixture in `folder` whose one layer is packed. @param said in `quantization_config` */
export async function writePacked(folder: string, said: object, tensors: readonly TensorToWrite[]): Promise<string> {
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
