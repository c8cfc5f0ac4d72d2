/** The exact test of net losses: against sums over all outcomes, against simulated data that break the promise, and how soon it is convinced. */
import { expect, it } from 'vitest';
import { netCountPValue, netRowsPValue } from '../../../app/techniques/adaptive/net-risk.ts';
import { netPValue } from '../../../app/techniques/adaptive/risk.ts';
import { Random } from '../../../app/tensor/random.ts';

/** `count` results of which some are one, some minus one, the others none. */
const losses = (count: number, worse: number, better = 0): Int8Array =>
  Int8Array.from({ length: count }, (_, i) => (i < worse ? 1 : i < worse + better ? -1 : 0));

it('is the largest chance of such a result, summed outcome by outcome', () => {
  const rows = 12;
  const allowed = 0.3;
  const farness = (lost: number, gained: number) =>
    (lost - gained - rows * allowed) / Math.sqrt(lost + gained + (rows * allowed) / 2);
  const chooseFrom = (n: number, k: number): number => (k === 0 ? 1 : (chooseFrom(n - 1, k - 1) * n) / k);
  for (const [lost, gained] of [
    [0, 0],
    [1, 0],
    [2, 1],
    [1, 3],
  ]) {
    let worst = 0;
    for (let gaining = 0; gaining <= 0.35; gaining += 0.0005) {
      let chance = 0;
      for (let h = 0; h <= rows; h++) {
        for (let g = 0; g + h <= rows; g++) {
          if (farness(h, g) > farness(lost, gained) + 1e-12) continue;
          const ways = chooseFrom(rows, h) * chooseFrom(rows - h, g);
          const losing = gaining + allowed;
          chance += ways * losing ** h * gaining ** g * Math.max(0, 1 - losing - gaining) ** (rows - h - g);
        }
      }
      worst = Math.max(worst, chance);
    }
    const found = netCountPValue({ rows, losses: lost, gains: gained }, allowed);
    // Shares of gains under which many more than these would differ are left out, for a ten-thousandth.
    expect(found).toBeLessThanOrEqual(worst + 1e-4 + 1e-9);
    expect(found).toBeGreaterThan(worst - 0.002);
  }
});

it('is the binomial tail where nothing is gained and little lost', () => {
  expect(netRowsPValue(losses(299, 0), 0.01)).toBeCloseTo(0.99 ** 299 + 1e-4, 6);
  expect(netRowsPValue(losses(298, 0), 0.01)).toBeGreaterThan(0.05);
  expect(netRowsPValue(losses(50, 50), 0.05)).toBe(1);
});

it('is seldom fooled where the mean loss is exactly what must not be exceeded', () => {
  const random = new Random([8]);
  const level = 0.1;
  for (const [allowed, worse] of [
    [0.02, 0.02],
    [0.02, 0.05],
    [0.02, 0.3],
  ]) {
    const better = worse - allowed;
    const seen = new Map<string, number>();
    let fooled = 0;
    const trials = 600;
    for (let trial = 0; trial < trials; trial++) {
      let [lost, gained] = [0, 0];
      for (let i = 0; i < 400; i++) {
        const u = random.fraction();
        if (u < worse) lost += 1;
        else if (u < worse + better) gained += 1;
      }
      const key = `${lost}/${gained}`;
      const p = seen.get(key) ?? netCountPValue({ rows: 400, losses: lost, gains: gained }, allowed);
      seen.set(key, p);
      if (p <= level) fooled += 1;
    }
    expect(fooled / trials).toBeLessThanOrEqual(level + 0.03);
  }
});

it('is convinced by fewer rows than bounds on losses or bets, above all where gains make up for losses', () => {
  for (const [rows, lost, gained] of [
    [1814, 3, 0],
    [2384, 8, 6],
    [2384, 20, 20],
  ]) {
    const drawn = losses(rows, lost, gained);
    expect(netRowsPValue(drawn, 0.005)).toBeLessThan(0.05);
    expect(netRowsPValue(drawn, 0.005)).toBeLessThan(netPValue(drawn, 0.005));
  }
});
