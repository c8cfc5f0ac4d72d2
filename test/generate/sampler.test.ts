/** Sampling: what each setting leaves over, and that a seed decides everything. */
import { expect, it } from 'vitest';
import { Sampler, type SamplingOptions } from '../../app/generate/sampler.ts';

const LOGITS = [0, 1, 2, 3, 4];
const draw = (options: SamplingOptions, count = 2000): number[] => {
  const sampler = new Sampler(options);
  return Array.from({ length: count }, () => sampler.pick(Float32Array.from(LOGITS)));
};
const kinds = (ids: number[]) => [...new Set(ids)].sort();

it('takes the likeliest without a temperature', () => {
  expect(kinds(draw({}, 5))).toEqual([4]);
});

it('draws tokens as often as softmax says', () => {
  const ids = draw({ temperature: 1, seed: 1 }, 20000);
  const total = LOGITS.reduce((sum, v) => sum + Math.exp(v), 0);
  LOGITS.forEach((logit, id) => {
    const share = ids.filter((other) => other === id).length / ids.length;
    expect(Math.abs(share - Math.exp(logit) / total)).toBeLessThan(0.015);
  });
});

it('gives the same tokens for the same seed, others for another', () => {
  expect(draw({ temperature: 1, seed: 3 })).toEqual(draw({ temperature: 1, seed: 3 }));
  expect(draw({ temperature: 1, seed: 3 })).not.toEqual(draw({ temperature: 1, seed: 4 }));
});

it('keeps the k likeliest, the nucleus, or what is likely enough', () => {
  expect(kinds(draw({ temperature: 1, topK: 2 }))).toEqual([3, 4]);
  // The shares are .636, .234, .086, .032, .012.
  expect(kinds(draw({ temperature: 1, topP: 0.6 }))).toEqual([4]);
  expect(kinds(draw({ temperature: 1, topP: 0.8 }))).toEqual([3, 4]);
  expect(kinds(draw({ temperature: 1, minP: 0.3 }))).toEqual([3, 4]);
});

it('measures the nucleus before min-p takes from it, as transformers does', () => {
  // Of the nucleus .9 (.636, .234, .086) min-p .3 leaves two, which share what is drawn as .731 to .269.
  const ids = draw({ temperature: 1, topP: 0.9, minP: 0.3, seed: 5 }, 20000);
  expect(kinds(ids)).toEqual([3, 4]);
  expect(Math.abs(ids.filter((id) => id === 4).length / ids.length - 0.731)).toBeLessThan(0.015);
});

it('penalises what was there before', () => {
  const sampler = new Sampler({ repetitionPenalty: 2 }, [4]);
  expect(sampler.pick(Float32Array.from(LOGITS))).toBe(3);
  expect(sampler.pick(Float32Array.from([-1, -1.5, -9, -9, -9]))).toBe(0);
  expect(sampler.pick(Float32Array.from([-1, -1.5, -9, -9, -9]))).toBe(1);
});
