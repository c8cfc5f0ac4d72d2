/** Speculation draws from the same distribution as plain sampling, whatever the drafts are like. */
import { expect, it } from 'vitest';
import { Distribution } from '../../app/generate/distribution.ts';
import { Sampler, type SamplingOptions } from '../../app/generate/sampler.ts';

const TARGET = [1, 0.2, -0.5, 2, 0, -3];
const DRAFT = [2, -1, 0.5, 0.3, 1, 1];
const COUNT = 60_000;

/** Chances of the target under these options, from the formula. */
function exact({ temperature = 1, topK }: SamplingOptions): number[] {
  const weights = TARGET.map((v) => Math.exp(v / temperature));
  const least = topK ? [...weights].sort((a, b) => b - a)[topK - 1] : 0;
  const kept = weights.map((w) => (w >= least ? w : 0));
  const total = kept.reduce((a, b) => a + b, 0);
  return kept.map((w) => w / total);
}

function shares(options: SamplingOptions, draw: (sampler: Sampler, drafter: Sampler) => number): number[] {
  const [sampler, drafter] = [new Sampler({ ...options, seed: 1 }), new Sampler({ ...options, seed: 99 })];
  const counts = TARGET.map(() => 0);
  for (let i = 0; i < COUNT; i++) counts[draw(sampler, drafter)] += 1;
  return counts.map((n) => n / COUNT);
}

/** Pearson's statistic; over 20.5 with five degrees of freedom once in a thousand, and the seeds are fixed. */
function pearson(found: readonly number[], expected: readonly number[]): number {
  return found.reduce((sum, share, i) => {
    if (expected[i] === 0) {
      expect(share).toBe(0);
      return sum;
    }
    return sum + (COUNT * (share - expected[i]) ** 2) / expected[i];
  }, 0);
}

it.each([{ temperature: 1 }, { temperature: 0.6 }, { temperature: 1, topK: 3 }])(
  'by drafts drawn from another model, %o',
  (options) => {
    const found = shares(options, (sampler, drafter) => {
      const chances = drafter.distribution(Float32Array.from(DRAFT));
      const draft = drafter.draw(chances);
      return sampler.judge(Float32Array.from(TARGET), draft, (id) => chances.probability(id));
    });
    expect(pearson(found, exact(options))).toBeLessThan(20.5);
    // The drafts themselves are distributed otherwise.
    const drafted = shares(options, (_, drafter) => drafter.pick(Float32Array.from(DRAFT)));
    expect(drafted.some((share, i) => Math.abs(share - exact(options)[i]) > 0.1)).toBe(true);
  },
);

it.each([0, 3, 5])('by drafts that could only be one, %i', (draft) => {
  const found = shares({ temperature: 1 }, (sampler) => sampler.judge(Float32Array.from(TARGET), draft));
  expect(pearson(found, exact({ temperature: 1 }))).toBeLessThan(20.5);
});

it('accepts only the likeliest without a temperature', () => {
  const sampler = new Sampler({});
  expect(sampler.judge(Float32Array.from(TARGET), 3)).toBe(3);
  expect(sampler.judge(Float32Array.from(TARGET), 0)).toBe(3);
});

it('filters as sorting all would, where few are heavy', () => {
  const logits = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * i) * 4 - (i % 7));
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const total = order.reduce((sum, i) => sum + Math.exp(logits[i] - logits[order[0]]), 0);
  for (const [topK, topP, minP] of [
    [0, 0.9, 0],
    [40, 0.9, 0],
    [0, 1, 0.01],
    [4000, 0.999, 0],
    [0, 0.99999, 1e-6],
  ]) {
    const whole = topK ? order.slice(0, topK).reduce((n, i) => n + Math.exp(logits[i] - logits[order[0]]), 0) : total;
    let kept = 0;
    const expected = order.slice(0, topK || order.length).filter((i) => {
      const weight = Math.exp(logits[i] - logits[order[0]]);
      const inside = kept < topP * whole;
      kept += weight;
      return inside && weight >= minP;
    });
    const found = Distribution.of(logits, { temperature: 1, topK, topP, minP });
    const chances = order.map((i) => found.probability(i)).filter((p) => p > 0);
    expect(Math.abs(chances.length - expected.length)).toBeLessThanOrEqual(1);
    expect(chances.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    expect(found.probability(expected.at(-2)!)).toBeGreaterThan(0);
  }
});
