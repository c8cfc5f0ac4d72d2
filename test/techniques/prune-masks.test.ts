/** Wanda, 2:4 and magnitude choose the weights that PyTorch chooses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { zeroLeast } from '../../app/techniques/prune/masks.ts';
import { readReference } from '../fixtures/architecture-cases.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/quantization/wanda');
const reference = await readReference(FOLDER);
const { results, tolerance } = JSON.parse(readFileSync(join(FOLDER, 'reference.json'), 'utf8'));
const weight = reference.weight.data as Float32Array;
const samples = reference.calibration.data as Float32Array;
const [outputs, inputs] = reference.weight.shape;

const norms = Float64Array.from({ length: inputs }, (_, i) => {
  let sum = 0;
  for (let s = i; s < samples.length; s += inputs) sum += samples[s] ** 2;
  return Math.sqrt(sum);
});

/** Mean squared difference of the outputs over samples and outputs. */
function outputError(pruned: Float32Array): number {
  let sum = 0;
  for (let s = 0; s < samples.length; s += inputs) {
    for (let o = 0; o < outputs; o++) {
      let d = 0;
      for (let i = 0; i < inputs; i++) d += samples[s + i] * (pruned[o * inputs + i] - weight[o * inputs + i]);
      sum += d * d;
    }
  }
  return sum / (samples.length / inputs) / outputs;
}

it('measures the same norms', () => {
  norms.forEach((norm, i) => {
    expect(norm / Number(reference.column_norm.data[i])).toBeCloseTo(1, 5);
  });
});

it.each([
  ['keep_mask', 'wanda_output_mse', norms, 0.5],
  ['keep_mask_2_4', 'wanda_2_4_output_mse', norms, '2:4'],
  ['keep_mask_magnitude', 'magnitude_output_mse', undefined, 0.5],
] as const)('%s', (mask, error, by, share) => {
  const pruned = Float32Array.from(weight);
  zeroLeast(pruned, inputs, by, share);
  const different = pruned.reduce((n, v, i) => n + Number((v !== 0) !== (Number(reference[mask].data[i]) === 1)), 0);
  expect(different).toBeLessThanOrEqual(tolerance.mask_entries_different);
  expect(outputError(pruned) / results[error]).toBeCloseTo(1, 2);
});

it('zeroes the first of equal weights', () => {
  const row = Float32Array.of(1, -1, 1, 1, 2, 0.5);
  zeroLeast(row, 6, undefined, 0.5);
  expect([...row]).toEqual([0, 0, 1, 1, 2, 0]);
});
