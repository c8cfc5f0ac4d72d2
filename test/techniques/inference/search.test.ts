/** Halving finds the best of seeded noisy ways, within its time; intervals hold the truth as often as they say. */
import { describe, expect, it } from 'vitest';
import { median } from '../../../app/evaluate/statistics.ts';
import {
  type Candidate,
  combined,
  DEFAULT,
  keyOf,
  singles,
  threadCounts,
  wordsOf,
} from '../../../app/techniques/inference/candidates.ts';
import { halve } from '../../../app/techniques/inference/halving.ts';
import { pairedGain } from '../../../app/techniques/inference/interval.ts';
import { Random } from '../../../app/tensor/random.ts';

/** Costs with heavy noise on a clock that only measuring moves. */
function world(costs: readonly number[], seed: number) {
  const random = new Random(seed);
  let time = 0;
  const calls: number[] = [];
  return {
    calls,
    now: () => time,
    measure: async (arm: number) => {
      calls.push(arm);
      const cost = costs[arm] * (1 + 0.2 * random.fraction());
      time += cost;
      return cost;
    },
  };
}

describe('halving', () => {
  const costs = [5, 3, 8, 2, 6, 7, 4, 9];
  const arms = costs.map((_, i) => i);

  it.each([1, 2, 3])('finds the best, and gives it more turns than the worst (seed %i)', async (seed) => {
    const { calls, now, measure } = world(costs, seed);
    const samples = new Map<number, number[]>();
    const { ranked, untried } = await halve(arms, measure, samples, { until: 1000, now, finalists: 2 });
    expect(ranked[0]).toBe(3);
    expect(untried).toEqual([]);
    expect([...ranked].sort()).toEqual(arms);
    const turns = (arm: number) => calls.filter((other) => other === arm).length;
    expect(turns(3)).toBeGreaterThan(turns(7));
    expect(samples.get(7)).toHaveLength(turns(7));
  });

  it('measures in turns, there and back', async () => {
    const { calls, now, measure } = world(costs, 1);
    await halve(arms, measure, new Map(), { until: 1000, now, finalists: 8, rounds: 2 });
    expect(calls).toEqual([...arms, ...arms.toReversed()]);
  });

  it('ends in time and says what was not tried', async () => {
    const { now, measure } = world(costs, 1);
    const { ranked, untried } = await halve(arms, measure, new Map(), { until: 16, now, finalists: 2 });
    expect([...ranked, ...untried].sort()).toEqual(arms);
    expect(untried).toEqual(arms.slice(-untried.length));
    expect(untried.length).toBeGreaterThan(2);
    expect(ranked[0]).toBe(1);
    expect(now()).toBeLessThan(16 + 9 * 1.2);
  });

  it('leaves out what does not work', async () => {
    const { now, measure } = world(costs, 1);
    const broken = async (arm: number) => (arm === 3 ? undefined : measure(arm));
    const { ranked } = await halve(arms, broken, new Map(), { until: 1000, now, finalists: 2 });
    expect(ranked[0]).toBe(1);
    expect(ranked).not.toContain(3);
  });
});

describe('the interval', () => {
  const pairs = (ratio: number, rounds: number, seed: number) => {
    const random = new Random(seed);
    const noise = () => 1 + 0.3 * random.fraction();
    const before = Array.from({ length: rounds }, () => ratio * noise());
    return pairedGain(
      before,
      before.map(() => noise()),
      seed,
    );
  };

  it('holds the truth about as often as it says', () => {
    let held = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { low, high } = pairs(1.2, 15, seed);
      if (low <= 1.2 && 1.2 <= high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(88);
  });

  it('is not sure of nothing, nor of few pairs', () => {
    const sure = Array.from({ length: 100 }, (_, seed) => pairs(1, 15, seed).sure).filter(Boolean);
    expect(sure.length).toBeLessThanOrEqual(8);
    expect(pairs(2, 15, 1).sure).toBe(true);
    expect(pairs(2, 3, 1).sure).toBe(false);
  });

  it('claims nothing without pairs', () => {
    expect(pairedGain([], [], 0)).toMatchObject({ ratio: 1, rounds: 0, sure: false });
  });

  it('takes medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('candidates', () => {
  const offer = {
    goal: 'latency',
    cores: 6,
    devices: [],
    pins: true,
    fusions: ['skip-norm'],
    lossy: false,
    formats: [],
    speculates: true,
    inBlocks: [],
  } as const;

  it('begin with the default and do not change answers unless they may', () => {
    const ways = singles(offer);
    expect(ways[0]).toBe(DEFAULT);
    expect(ways.some((c) => c.cacheType !== undefined || c.format !== DEFAULT.format)).toBe(false);
    const lossy = singles({ ...offer, lossy: true, formats: ['int4'], inBlocks: ['int4'] });
    const words = ['int4', 'int8 cache', 'int4, prompts in int8'];
    expect(lossy.map(wordsOf)).toEqual(expect.arrayContaining(words));
    expect(singles({ ...offer, inBlocks: ['as it is'] })).toEqual(ways);
    expect(new Set(ways.map(keyOf)).size).toBe(ways.length);
  });

  it('try all cores and powers of two', () => {
    expect(threadCounts(6)).toEqual([6, 4, 2, 1]);
    expect(threadCounts(1)).toEqual([1]);
  });

  it('put together what helped, the best value of each setting', () => {
    const tried = singles({ ...offer, lossy: true, formats: ['int8', 'int4'] });
    const costs: Record<string, number> = {
      int4: 5,
      int8: 6,
      '2 threads': 8,
      '4 threads': 9,
      drafts: 9.5,
      'as it is': 10,
    };
    const ways = combined(tried, (c) => costs[wordsOf(c)] ?? 11, offer).map(wordsOf);
    expect(ways[0]).toBe('int4, 2 threads, drafts');
    expect(ways).toContain('int4, 2 threads');
    expect(ways).toContain('int4, 6 threads, drafts');
    expect(new Set(ways).size).toBe(ways.length);
  });

  it('bind threads where the system does, and never the only one', () => {
    const pinned = 'a processor for each thread';
    expect(singles(offer).map(wordsOf)).toContain(pinned);
    expect(singles({ ...offer, pins: false }).map(wordsOf)).not.toContain(pinned);
    const together = (costs: Record<string, number>) =>
      combined(singles(offer), (c) => costs[wordsOf(c)] ?? (c === DEFAULT ? 10 : 11), offer).map(wordsOf);
    expect(together({ [pinned]: 8, '4 threads': 9 })).toContain(`4 threads, ${pinned}`);
    expect(together({ [pinned]: 8, '1 thread': 9, drafts: 9.5 })).toContain('1 thread, drafts');
  });

  it('try every level of optimisation and each fusion that acts', () => {
    const words = singles({ ...offer, fusions: ['skip-norm', 'fold-bias'] }).map(wordsOf);
    expect(words).toEqual(
      expect.arrayContaining([
        'extended optimisations',
        'basic optimisations',
        'no optimisations, constants not folded',
        'without skip-norm',
        'without fold-bias',
      ]),
    );
  });

  it('try every device, and leave what is for the processor out where one helps', () => {
    const here = { ...offer, devices: ['webgpu'], lossy: true, formats: ['int4'], inBlocks: ['int4'] } as const;
    const tried = singles(here);
    expect(tried.map(wordsOf)).toContain('webgpu');
    expect(singles({ ...here, goal: 'memory' }).map(wordsOf)).toContain('webgpu');
    const costs: Record<string, number> = { webgpu: 5, int4: 6, '2 threads': 7, 'int8 cache': 8, 'as it is': 10 };
    const ways = combined(tried, (c) => costs[wordsOf(c)] ?? 11, here);
    expect(ways.map(wordsOf)).toEqual(['int4, webgpu']);
  });

  it('put nothing together where nothing helped', () => {
    const cost = (c: Candidate) => (c === DEFAULT ? 1 : 2);
    expect(combined(singles(offer), cost, offer)).toEqual([]);
  });
});
