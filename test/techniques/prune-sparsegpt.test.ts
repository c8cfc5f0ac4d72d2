/** SparseGPT gives the weights that PyTorch gives, and better outputs than leaving the others as they are (Wanda). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sparseGpt } from '../../app/techniques/prune/sparsegpt.ts';
import { readReference } from '../fixtures/architecture-cases.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/quantization');
const given = await readReference(join(FIXTURES, 'wanda'));
const reference = await readReference(join(FIXTURES, 'sparsegpt'));
const read = (name: string) => JSON.parse(readFileSync(join(FIXTURES, name, 'reference.json'), 'utf8'));
const { block, results } = read('sparsegpt');
const wanda = read('wanda').results;
const weight = given.weight.data as Float32Array;
const samples = given.calibration.data as Float32Array;
const [outputs, inputs] = given.weight.shape;

const gram = new Float64Array(inputs * inputs);
for (let s = 0; s < samples.length; s += inputs) {
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < inputs; j++) gram[i * inputs + j] += samples[s + i] * samples[s + j];
  }
}

/** Mean squared difference of the outputs over samples and outputs: tr(D gram Dᵀ). */
function outputError(pruned: Float32Array): number {
  let sum = 0;
  for (let o = 0; o < outputs; o++) {
    const d = Float64Array.from({ length: inputs }, (_, i) => pruned[o * inputs + i] - weight[o * inputs + i]);
    for (let i = 0; i < inputs; i++) for (let j = 0; j < inputs; j++) sum += d[i] * gram[i * inputs + j] * d[j];
  }
  return sum / (samples.length / inputs) / outputs;
}

it.each([
  ['half', 0.5, wanda.wanda_output_mse],
  ['two_of_four', '2:4', wanda.wanda_2_4_output_mse],
] as const)('%s', (name, share, byWanda) => {
  const pruned = Float32Array.from(weight);
  sparseGpt(pruned, inputs, gram, share, block);
  const wanted = reference[name].data as Float32Array;
  const different = pruned.reduce((n, v, i) => n + Number((v === 0) !== (wanted[i] === 0)), 0);
  expect(different).toBeLessThanOrEqual(4);
  const far = pruned.reduce((n, v, i) => n + Number(Math.abs(v - wanted[i]) > 1e-4), 0);
  // A weight at the threshold that goes the other way changes those after it in its row.
  expect(far).toBeLessThanOrEqual(different * inputs);
  expect(pruned.filter((v) => v === 0)).toHaveLength(weight.length / 2);
  expect(outputError(pruned) / results[`${name}_output_mse`]).toBeCloseTo(1, 2);
  expect(outputError(pruned)).toBeLessThan(byWanda);
});

it('takes the weights of inputs that never fired, and an uneven last block', () => {
  const dead = Float64Array.from(gram, (v, i) => (i % inputs === 5 || Math.floor(i / inputs) === 5 ? 0 : v));
  const pruned = Float32Array.from(weight);
  sparseGpt(pruned, inputs, dead, 0.25, 48);
  for (let o = 0; o < outputs; o++) expect(pruned[o * inputs + 5]).toBe(0);
  expect(pruned.every(Number.isFinite)).toBe(true);
});
