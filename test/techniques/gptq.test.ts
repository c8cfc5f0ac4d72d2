/** GPTQ against a reference in float64, and against rounding to nearest by the error of the layer's output. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConstant, readFloats, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { type GptqOptions, gptq } from '../../app/techniques/quantize/gptq.ts';
import { type QuantizedBlocks, quantizeRtn } from '../../app/techniques/quantize/rtn.ts';
import { dequantizeBlocks } from '../../app/techniques/quantize/unpack.ts';

const file = join(import.meta.dirname, '../fixtures/quantization/gptq/reference.safetensors');
const reference = await safetensorsConstants(file);
const read = async (name: string) => (await readConstant(reference.get(name)!)).data;
const weights = await readFloats(reference.get('weight')!);
const hessian = Float64Array.from(await readFloats(reference.get('hessian')!));
const [rows, columns] = reference.get('weight')!.shape;
const base: GptqOptions = {
  bits: 4,
  groupSize: 32,
  symmetric: true,
  damp: 0.01,
  activationOrder: false,
  search: false,
};

/** tr(D H Dᵀ) of the rounding errors D, for the reference's H: proportional to the mean squared error of the outputs. */
function outputError(blocks: QuantizedBlocks, bits: number, groupSize: number): number {
  const rounded = dequantizeBlocks(blocks, rows, columns, { bits, groupSize });
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const d = Float64Array.from({ length: columns }, (_, i) => rounded[row * columns + i] - weights[row * columns + i]);
    for (let i = 0; i < columns; i++) for (let j = 0; j < columns; j++) sum += d[i] * d[j] * hessian[i * columns + j];
  }
  return sum / (2 * rows);
}

describe.each([
  { name: 'sym', symmetric: true, expected: 0.02792506629004414, rtn: 0.05987095389868785 },
  { name: 'asym', symmetric: false, expected: 0.020998243293575386, rtn: 0.0446393932109389 },
])('$name', ({ name, symmetric, expected, rtn }) => {
  it('rounds as the reference does', async () => {
    const blocks = gptq(weights, rows, columns, hessian, { ...base, symmetric });
    const error = outputError(blocks, 4, 32);
    expect(Math.abs(error / expected - 1)).toBeLessThan(0.02);
    const codes = (await read(`gptq_${name}_fresh_q`)) as Uint8Array;
    const same = codes.reduce((n, code, i) => {
      const byte = blocks.codes[i >> 1];
      return n + Number((i % 2 === 0 ? byte & 15 : byte >> 4) === code);
    }, 0);
    expect(same / codes.length).toBeGreaterThanOrEqual(0.98);
  });

  it('measures rounding to nearest as the reference does', () => {
    const error = outputError(quantizeRtn(weights, rows, columns, { ...base, symmetric }), 4, 32);
    expect(Math.abs(error / rtn - 1)).toBeLessThan(1e-3);
  });

  it('does better still when it looks for its scales', () => {
    const error = outputError(gptq(weights, rows, columns, hessian, { ...base, symmetric, search: true }), 4, 32);
    expect(error).toBeLessThan(expected);
  });

  it('goes by activations, with any group size', () => {
    for (const groupSize of [16, 32, 64, 128, 48]) {
      const options = { ...base, symmetric, groupSize };
      const ordered = gptq(weights, rows, columns, hessian, { ...options, activationOrder: true, search: true });
      const nearest = quantizeRtn(weights, rows, columns, options);
      expect(outputError(ordered, 4, groupSize)).toBeLessThan(0.8 * outputError(nearest, 4, groupSize));
    }
  });
});

it('survives inputs that never fire and a Hessian of too few tokens', () => {
  const [n, m] = [4, 8];
  const x = [1, 0, 2, -1, 0.5, 3, 0, 1];
  const poor = Float64Array.from({ length: m * m }, (_, k) => x[Math.floor(k / m)] * x[k % m]);
  const w = Float32Array.from({ length: n * m }, (_, i) => Math.sin(i));
  const blocks = gptq(w, n, m, poor, { ...base, bits: 8, groupSize: 16 });
  const rounded = dequantizeBlocks(blocks, n, m, { bits: 8, groupSize: 16 });
  for (const [i, v] of rounded.entries()) {
    expect(Number.isFinite(v)).toBe(true);
    // Nothing is known of these inputs: they are rounded to nearest.
    if (x[i % m] === 0) expect(Math.abs(v - w[i])).toBeLessThan(0.01);
  }
});
