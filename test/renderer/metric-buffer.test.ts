import { describe, expect, it } from 'vitest';
import { MetricBuffer } from '../../renderer/pages/jobs/metric-buffer.ts';
import { pointsOf } from '../../renderer/pages/jobs/metric-history.ts';

const points = (from: number, to: number, loss = (step: number) => 3 - step / 1e6) =>
  Array.from({ length: to - from }, (_, i) => ({
    step: from + i,
    time: (from + i) * 10,
    values: { loss: loss(from + i) },
  }));

describe('metrics that stream in', () => {
  it('stay bounded over a million points, and spikes survive', () => {
    const buffer = new MetricBuffer();
    for (let at = 1; at <= 1_000_000; at += 10_000)
      buffer.append(points(at, at + 10_000, (step) => (step === 123_456 ? 99 : 2 + Math.sin(step) / 10)));
    expect(buffer.rows.length).toBeLessThanOrEqual(3000);
    expect(buffer.rows.some((row) => row.loss === 99)).toBe(true);
    expect(buffer.last?.step).toBe(1_000_000);
    const steps = buffer.rows.map((row) => row.step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });

  it('smooths without pulling the start towards zero', () => {
    const buffer = new MetricBuffer();
    buffer.append(points(1, 50, () => 2));
    for (const row of buffer.rows) expect(row.lossSmooth).toBeCloseTo(2);
  });

  it('smooths without lagging far behind a fall at the start', () => {
    const buffer = new MetricBuffer();
    buffer.append(points(0, 14, (step) => 5 - step / 4));
    const [fallen, told] = [buffer.last?.loss ?? 0, buffer.last?.lossSmooth ?? 0];
    expect(told - fallen).toBeLessThan(0.7);
  });

  it('goes back when a job resumes from an earlier step', () => {
    const buffer = new MetricBuffer();
    buffer.append(points(1, 21));
    buffer.append(points(11, 16));
    expect(buffer.rows.map((row) => row.step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });

  it('keeps the peak of a thinned stretch, and averages by its mean', () => {
    const thinned = { name: 'loss', steps: [125, 250], values: [1.8, 1], low: [1, 1], high: [99, 1], points: 250 };
    const points = pointsOf([thinned, { ...thinned, name: 'learningRate', values: [2e-4, 1e-4] }]);
    expect(points.map(({ step, values }) => [step, values.loss, values.learningRate])).toEqual([
      [124, 1, undefined],
      [125, 99, 2e-4],
      [250, 1, 1e-4],
    ]);
    const buffer = new MetricBuffer();
    buffer.append(points);
    expect(buffer.rows.map(({ lossSmooth }) => lossSmooth <= 1.8)).toEqual([true, true, true]);
  });

  it('leaves out values that are not finite', () => {
    const buffer = new MetricBuffer();
    buffer.append([{ step: 1, time: 0, values: { loss: Number.NaN, learningRate: 1e-4 } }]);
    expect(buffer.last).toEqual({ step: 1, time: 0, learningRate: 1e-4 });
  });
});
