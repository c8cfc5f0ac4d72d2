/** Wanda, 2:4 and magnitude choose the weights that PyTorch chooses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zeroLeast } from '../../app/techniques/prune/masks.ts';
import { layerShares, outlierShare } from '../../app/techniques/prune/outliers.ts';
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

describe('shares by outliers', () => {
  it('counts scores far above their mean', () => {
    const values = new Float32Array(100).fill(1);
    values[7] = 50;
    const norms = new Float64Array(10).fill(2);
    expect(outlierShare([{ values, inputs: 10, norms }])).toBeCloseTo(0.01, 10);
    // What flows in counts as much as the weight.
    const loud = Float64Array.from({ length: 10 }, (_, i) => (i === 3 ? 100 : 1));
    expect(outlierShare([{ values: new Float32Array(100).fill(1), inputs: 10, norms: loud }])).toBeCloseTo(0.1, 10);
  });

  it('keeps the mean, and takes less where there are more', () => {
    const shares = layerShares([0.01, 0.03, 0.02, 0.02], 0.5);
    expect(shares.reduce((a, b) => a + b, 0) / 4).toBeCloseTo(0.5, 10);
    expect(shares[1]).toBeLessThan(shares[2]);
    expect(shares[0]).toBeGreaterThan(shares[2]);
    expect(Math.max(...shares) - Math.min(...shares)).toBeCloseTo(0.16, 10);
    expect(layerShares([0.1, 0.1], 0.3)).toEqual([0.3, 0.3]);
  });
});
