/** The promise's arithmetic: against exact tails, against simulated data that break it, and the least number of rows. */
import { expect, it } from 'vitest';
import {
  bettingPValue,
  binomialPValue,
  netPValue,
  requiredRows,
  testInSequence,
} from '../../../app/techniques/adaptive/risk.ts';
import { Random } from '../../../app/tensor/random.ts';

/** `count` losses of which some are one, some minus one, the others none. */
const losses = (count: number, worse: number, better = 0): Int8Array =>
  Int8Array.from({ length: count }, (_, i) => (i < worse ? 1 : i < worse + better ? -1 : 0));

it('gives the exact tail of the binomial distribution', () => {
  // Sums of exact terms.
  expect(binomialPValue(losses(300, 0), 0.01)).toBeCloseTo(0.0490409, 6);
  expect(binomialPValue(losses(600, 2), 0.01)).toBeCloseTo(0.0610763, 6);
  expect(binomialPValue(losses(1000, 30), 0.05)).toBeCloseTo(0.0012771, 6);
  expect(binomialPValue(losses(50, 50), 0.05)).toBe(1);
});

it('says how many rows a promise needs at least', () => {
  expect(requiredRows(binomialPValue, 0.01, 0.05)).toBe(299);
  const needed = requiredRows(bettingPValue, 0.01, 0.05);
  expect(bettingPValue(losses(needed, 0), 0.01)).toBeLessThanOrEqual(0.05);
  expect(bettingPValue(losses(needed - 1, 0), 0.01)).toBeGreaterThan(0.05);
  expect(requiredRows(bettingPValue, 0.005, 0.05)).toBeGreaterThan(needed);
  expect(requiredRows(bettingPValue, 0.01, 0.01)).toBeGreaterThan(needed);
});

it('is seldom fooled where the mean loss is exactly what must not be exceeded', () => {
  const random = new Random([7]);
  const allowed = 0.02;
  const level = 0.1;
  for (const [worse, better] of [
    [0.02, 0],
    [0.05, 0.03],
    [0.3, 0.28],
  ]) {
    let fooled = 0;
    let betting = 0;
    const trials = 2000;
    for (let trial = 0; trial < trials; trial++) {
      const drawn = Int8Array.from({ length: 400 }, () => {
        const u = random.fraction();
        return u < worse ? 1 : u < worse + better ? -1 : 0;
      });
      if (netPValue(drawn, allowed) <= level) fooled += 1;
      if (bettingPValue(drawn, allowed) <= level) betting += 1;
    }
    expect(fooled / trials).toBeLessThanOrEqual(level);
    expect(betting / trials).toBeLessThanOrEqual(level);
  }
});

it('is convinced by enough rows, the sooner the rarer losses are, and counts gains', () => {
  expect(bettingPValue(losses(1500, 3), 0.01)).toBeLessThan(0.05);
  expect(bettingPValue(losses(1500, 15), 0.01)).toBeGreaterThan(0.3);
  expect(bettingPValue(losses(1500, 15, 15), 0.01)).toBeLessThan(bettingPValue(losses(1500, 15), 0.01));
  expect(bettingPValue(losses(1500, 1500), 0.01)).toBe(1);
});

it('keeps what it was convinced of, whatever comes after', () => {
  const early = [...losses(1500, 0), ...losses(60, 60)];
  expect(bettingPValue(early, 0.01)).toBe(bettingPValue(early.slice(0, 1500), 0.01));
  expect(bettingPValue([...losses(3000, 0, 3000), ...losses(9, 9)], 0.01)).toBeLessThan(1e-100);
});

it('stops at the first test that fails', () => {
  expect(testInSequence([0.01, 0.04, 0.06, 0.001], (p) => p, 0.05)).toBe(2);
  expect(testInSequence([0.2], (p) => p, 0.05)).toBe(0);
  expect(testInSequence([0.01, 0.02], (p) => p, 0.05)).toBe(2);
});

it('takes few losses among many rows for what they are', () => {
  // Three of 1,814 would be rare where five in a thousand are lost.
  expect(netPValue(losses(1814, 3), 0.005)).toBeLessThan(0.05);
  expect(netPValue(losses(1814, 3, 2), 0.005)).toBeLessThan(0.05);
  expect(netPValue(losses(1814, 9), 0.005)).toBeGreaterThan(0.5);
  // Shares of a loss count as such.
  expect(netPValue(new Float32Array(800).fill(0.001), 0.01)).toBeLessThan(0.05);
  expect(netPValue(new Float32Array(800).fill(0.01), 0.01)).toBe(1);
});
