/** Rounding to nearest against ONNX Runtime's own quantizer: codes, scales and zero points to the bit. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { quantizeInt8Rows, quantizeRtn } from '../../app/techniques/quantize/rtn.ts';

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
