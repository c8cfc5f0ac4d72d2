/** Rounding to nearest against ONNX Runtime's own quantizer: codes, scales and zero points to the bit. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { codeOf, gridOf, quantizeInt8Rows, quantizeRtn } from '../../app/techniques/quantize/rtn.ts';
import { Random } from '../../app/tensor/random.ts';

const file = join(import.meta.dirname, '../fixtures/quantization/rtn/reference.safetensors');
const reference = await safetensorsConstants(file);
const read = async (name: string) => (await readConstant(reference.get(name)!)).data;
const [rows, columns, groupSize] = [96, 128, 32];

it('packs symmetric 4-bit codes as MatMulNBits reads them', async () => {
  const weights = (await read('weight')) as Float32Array;
  const { codes, scales, zeroPoints } = quantizeRtn(weights, rows, columns, { bits: 4, groupSize, symmetric: true });
  expect(codes).toEqual(await read('ort_sym_packed'));
  expect(scales).toEqual(await read('int4_sym_scale'));
  expect(zeroPoints).toBeUndefined();
});

it('packs asymmetric 4-bit codes and zero points', async () => {
  const weights = (await read('weight')) as Float32Array;
  const { codes, scales, zeroPoints } = quantizeRtn(weights, rows, columns, { bits: 4, groupSize, symmetric: false });
  expect(codes).toEqual(await read('ort_asym_packed'));
  expect(scales).toEqual(await read('int4_asym_scale'));
  expect(zeroPoints).toEqual(await read('ort_asym_packed_zero_points'));
});

it('quantizes rows to int8', async () => {
  const { codes, scales } = quantizeInt8Rows((await read('weight')) as Float32Array, rows, columns);
  expect(codes).toEqual(await read('int8_q'));
  expect(scales).toEqual(await read('int8_scale'));
});

it('pads the last group of a row with the code of zero', () => {
  const values = Float32Array.from({ length: 40 }, (_, i) => i - 20);
  const { codes, scales, groups } = quantizeRtn(values, 1, 40, { bits: 8, groupSize: 32, symmetric: true });
  expect(groups).toBe(2);
  expect(scales.length).toBe(2);
  expect([...codes.subarray(40)]).toEqual(new Array(24).fill(128));
});

it('leaves a group of zeros at zero', () => {
  for (const symmetric of [true, false]) {
    const { codes, scales } = quantizeRtn(new Float32Array(32), 1, 32, { bits: 8, groupSize: 32, symmetric });
    expect(scales[0]).toBe(symmetric ? -0 : 0);
    expect(codes.every((code) => code === codes[0])).toBe(true);
  }
});

const random = new Random(7);
it.each([2, 3, 4, 5, 6, 8])('rounds any shape to %i bits as one code after another is', (bits) => {
  for (const [rows, columns, groupSize] of [
    [3, 64, 32],
    [5, 100, 16],
    [2, 40, 128],
    [4, 12, 12],
    [1, 70_000, 256],
  ]) {
    for (const symmetric of [true, false]) {
      // Halves and quarters of a step come often: they must round alike.
      const weights = Float32Array.from({ length: rows * columns }, (_, i) =>
        i % 3 === 0 ? 8 * (random.fraction() - 0.5) : (random.below(65) - 32) / 16,
      );
      const blocks = quantizeRtn(weights, rows, columns, { bits, groupSize, symmetric });
      const { codes, groups } = blocks;
      const container = bits > 4 ? 8 : bits > 2 ? 4 : 2;
      const places = 8 / container;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < groups * groupSize; column++) {
          const group = Math.floor(column / groupSize);
          const begin = row * columns + group * groupSize;
          const end = Math.min(begin + groupSize, (row + 1) * columns);
          const { scale, zeroPoint } = gridOf(weights, begin, end, bits, symmetric);
          const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
          const value = column < columns ? weights[row * columns + column] : 0;
          const at = row * groups * groupSize + column;
          const code = (codes[Math.floor(at / places)] >> ((at % places) * container)) & (2 ** container - 1);
          const wanted = codeOf(value, inverse, zeroPoint, bits) << (container - bits);
          if (code !== wanted) throw new Error(`row ${row}, column ${column} of ${columns}: ${code}, not ${wanted}`);
        }
      }
    }
  }
});
