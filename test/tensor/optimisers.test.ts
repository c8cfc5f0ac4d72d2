/** Optimisers against plain loops in doubles written from the papers. */
import { describe, expect, it } from 'vitest';
import { adafactor } from '../../app/tensor/optimisers/adafactor.ts';
import { adamw } from '../../app/tensor/optimisers/adamw.ts';
import { ParameterArena } from '../../app/tensor/optimisers/arena.ts';
import { clipScale } from '../../app/tensor/optimisers/optimiser.ts';
import { scheduleFactor } from '../../app/tensor/optimisers/schedule.ts';
import { sgd } from '../../app/tensor/optimisers/sgd.ts';

const PARAMETERS = [
  { name: 'matrix', shape: [5, 7] },
  { name: 'vector', shape: [3] },
];

function arenaWith(slots: number) {
  const arena = new ParameterArena(PARAMETERS, slots);
  let k = 0;
  for (const { name } of PARAMETERS) {
    const values = arena.values(name);
    for (let i = 0; i < values.length; i++) values[i] = Math.sin(++k);
  }
  return arena;
}

const setGradients = (arena: ParameterArena, step: number) => {
  let k = step * 1000;
  for (const { name } of PARAMETERS) {
    const g = arena.gradients(name);
    for (let i = 0; i < g.length; i++) g[i] = Math.cos(++k) * 0.3;
  }
};

describe('adamw', () => {
  it('follows the paper over several steps', () => {
    const arena = arenaWith(4);
    const optimiser = adamw({ weightDecay: 0.1 });
    const w = Float64Array.from(arena.values('matrix'));
    const m = new Float64Array(w.length);
    const v = new Float64Array(w.length);
    for (let t = 1; t <= 5; t++) {
      setGradients(arena, t);
      const g = arena.gradients('matrix');
      for (let i = 0; i < w.length; i++) {
        const gi = g[i] * 0.5;
        m[i] = 0.9 * m[i] + 0.1 * gi;
        v[i] = 0.999 * v[i] + 0.001 * gi * gi;
        w[i] *= 1 - 0.01 * 0.1;
        w[i] -= (0.01 / (1 - 0.9 ** t)) * (m[i] / (Math.sqrt(v[i]) / Math.sqrt(1 - 0.999 ** t) + 1e-8));
      }
      optimiser.step(arena, 2, { step: t, learningRate: 0.01, gradientScale: 0.5, gradientSlot: 1 });
    }
    arena.values('matrix').forEach((x, i) => {
      expect(x).toBeCloseTo(w[i], 5);
    });
  });
});

describe('sgd', () => {
  it('keeps momentum as PyTorch does', () => {
    const arena = arenaWith(3);
    const w = Float64Array.from(arena.values('vector'));
    const m = new Float64Array(3);
    for (let t = 1; t <= 3; t++) {
      setGradients(arena, t);
      arena.gradients('vector').forEach((g, i) => {
        m[i] = 0.9 * m[i] + g;
        w[i] -= 0.05 * m[i];
      });
      sgd().step(arena, 2, { step: t, learningRate: 0.05, gradientScale: 1, gradientSlot: 1 });
    }
    arena.values('vector').forEach((x, i) => {
      expect(x).toBeCloseTo(w[i], 5);
    });
  });
});

describe('adafactor', () => {
  it('factors the second moment of a matrix and keeps that of a vector whole', () => {
    const arena = arenaWith(2);
    const before = Float64Array.from(arena.values('vector'));
    const optimiser = adafactor();
    setGradients(arena, 1);
    optimiser.step(arena, 2, { step: 1, learningRate: 0.01, gradientScale: 1, gradientSlot: 1 });
    // At step 1 beta is 0: an unfactored update is the sign of the gradient, of root mean square 1.
    arena.values('vector').forEach((x, i) => {
      expect(x).toBeCloseTo(before[i] - 0.01 * Math.sign(arena.gradients('vector')[i]), 5);
    });
    expect(optimiser.state().get('matrix.rows')).toHaveLength(5);
    expect(optimiser.state().get('matrix.columns')).toHaveLength(7);
  });

  it('continues from a restored state to the same weights', () => {
    const run = (interrupt: boolean) => {
      const arena = arenaWith(2);
      let optimiser = adafactor({ weightDecay: 0.01 });
      for (let t = 1; t <= 4; t++) {
        if (interrupt && t === 3) {
          const next = adafactor({ weightDecay: 0.01 });
          next.restore(optimiser.state());
          optimiser = next;
        }
        setGradients(arena, t);
        optimiser.step(arena, 2, { step: t, learningRate: 0.01, gradientScale: 1, gradientSlot: 1 });
      }
      return [...arena.values('matrix')];
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe('the arena', () => {
  it('sums gradients over micro-steps and gives their norm', () => {
    const arena = arenaWith(3);
    setGradients(arena, 1);
    arena.accumulate(2, 1);
    arena.accumulate(2, 1);
    let sum = 0;
    for (const { name } of PARAMETERS) for (const g of arena.gradients(name)) sum += (2 * g) ** 2;
    expect(arena.norm(2)).toBeCloseTo(Math.sqrt(sum), 5);
    expect(clipScale(10, 1)).toBeCloseTo(0.1, 5);
    expect(clipScale(10, 0)).toBe(1);
    expect(clipScale(0.5, 1)).toBe(1);
  });
});

describe('scheduleFactor', () => {
  it('warms up, then stays, falls in a line or along a half cosine', () => {
    expect([0, 1, 2, 3].map((s) => scheduleFactor('constant', s, 2, 10))).toEqual([0, 0.5, 1, 1]);
    expect(scheduleFactor('linear', 6, 2, 10)).toBeCloseTo(0.5);
    expect(scheduleFactor('cosine', 6, 2, 10)).toBeCloseTo(0.5);
    expect(scheduleFactor('cosine', 10, 2, 10)).toBeCloseTo(0);
  });
});
