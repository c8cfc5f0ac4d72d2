/** A million points of metrics: written in batches, read back thinned without losing a peak. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../app/store/index.ts';

const STEPS = 250_000;
const NAMES = ['loss', 'learningRate', 'gradientNorm', 'tokensPerSecond'];
let folder: string;
let store: Store;

const task = { kind: 'import', path: '/x' } as const;
const job = (id: string) => ({
  id,
  title: id,
  task,
  steps: [],
  state: 'running' as const,
  step: 0,
  resume: false,
  workedSeconds: 0,
  place: 0,
  createdAt: 0,
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lathe-metrics-'));
  store = new Store(join(folder, 'lathe.db'));
  store.jobs.add(job('big'));
  store.jobs.add(job('small'));
  for (let begin = 1; begin <= STEPS; begin += 50_000) {
    const points = Array.from({ length: 50_000 }, (_, i) => {
      const step = begin + i;
      const loss = step === 123_457 ? 99 : 2;
      return { step, values: { loss, learningRate: step, gradientNorm: 1, tokensPerSecond: 5 } };
    });
    store.metrics.add('big', points);
  }
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('a million points', () => {
  it('come back as no more than was asked for, with every peak', () => {
    const series = store.metrics.read('big', { maxPoints: 500 });
    expect(series.map(({ name }) => name)).toEqual(NAMES);
    for (const { steps, points } of series) {
      expect(points).toBe(STEPS);
      expect(steps.length).toBeLessThanOrEqual(500);
      expect(steps.length).toBeGreaterThan(450);
    }
    expect(Math.max(...series[0].high)).toBe(99);
    expect(Math.min(...series[0].low)).toBe(2);
    const rates = series[1];
    expect([rates.low[0], rates.high.at(-1)]).toEqual([1, STEPS]);
  });

  it('come back as they are where few were asked for', () => {
    const [loss] = store.metrics.read('big', { names: ['loss'], after: 123_450, before: 123_460, maxPoints: 500 });
    expect(loss.steps).toEqual([123_451, 123_452, 123_453, 123_454, 123_455, 123_456, 123_457, 123_458, 123_459]);
    expect(loss.values[6]).toBe(99);
  });
});

it('replaces a step that is done again and leaves out what is no number', () => {
  store.metrics.add('small', [{ step: 1, values: { loss: 3, broken: Number.NaN } }]);
  store.metrics.add('small', [{ step: 1, values: { loss: 4 } }]);
  expect(store.metrics.read('small', { maxPoints: 10 })).toEqual([
    { name: 'loss', steps: [1], values: [4], low: [4], high: [4], points: 1 },
  ]);
});

it('forgets a job with everything that belongs to it', () => {
  store.jobs.log('small', 'info', 'hello', 1);
  store.jobs.remove('small');
  store.metrics.forget('small');
  expect(store.metrics.names('small')).toEqual([]);
  expect(store.db.prepare('SELECT COUNT(*) FROM job_log').pluck().get()).toBe(0);
  store.jobs.add(job('small'));
  store.metrics.add('small', [{ step: 1, values: { loss: 1 } }]);
  expect(store.metrics.names('small')).toEqual(['loss']);
});
