/** Warnings in words: curves that diverge, learn by heart, learn nothing, and those that are as they should be. */
import { describe, expect, it } from 'vitest';
import { type Curves, trainingWarnings } from '../../app/techniques/finetune/warnings.ts';

/** Noise that is the same in every run. */
const jitter = (i: number) => 0.15 * Math.sin(12.9898 * i);
const curve = (steps: number, loss: (step: number) => number, evaluations: Curves['evaluations'] = []): Curves => ({
  losses: Array.from({ length: steps }, (_, i) => loss(i + 1) + jitter(i)),
  learningRates: new Array(steps).fill(2e-4),
  evaluations,
  steps,
});
const measured = (...losses: number[]) => losses.map((loss, i) => ({ step: 20 * i, loss }));
const kinds = (curves: Curves) => trainingWarnings(curves).map(({ kind }) => kind);
const falling = (step: number) => 1 + 2 * Math.exp(-step / 40);

it('says nothing of a training that goes well', () => {
  expect(kinds(curve(100, falling, measured(3.1, 2.4, 2, 1.8, 1.7, 1.65)))).toEqual([]);
  expect(kinds(curve(100, falling))).toEqual([]);
  expect(kinds(curve(0, falling))).toEqual([]);
});

describe('divergence', () => {
  it('is a loss that rises far above where it was', () => {
    const curves = curve(60, (step) => (step < 30 ? 3 - step / 30 : 2 + (step - 30) / 10));
    expect(kinds(curves)).toEqual(['divergence']);
    expect(trainingWarnings(curves)[0].text).toMatch(/was 2\.\d+ around step \d+ and is [34]\.\d+ now.*0\.0002/);
  });

  it('is not one jump', () => {
    expect(kinds(curve(60, (step) => (step === 50 ? 6 : falling(step))))).toEqual([]);
  });
});

describe('overfitting', () => {
  it('is held-out loss that rises while the training loss falls', () => {
    const curves = curve(100, (step) => 2.5 - step / 50, measured(2.6, 2.2, 2.0, 2.1, 2.3, 2.5));
    expect(kinds(curves)).toEqual(['overfitting']);
    expect(trainingWarnings(curves)[0].text).toMatch(/since step 40 .* from 2\.00 to 2\.50 .* fell from/);
  });

  it('is not one measurement, nor a rise within the noise', () => {
    expect(kinds(curve(60, falling, measured(2.6, 2.2, 2, 2.1)))).toEqual([]);
    expect(kinds(curve(100, falling, measured(2.6, 2.2, 2, 2.01, 2.012, 2.01)))).toEqual([]);
  });

  it('is not where both rise', () => {
    expect(kinds(curve(100, (step) => 2 + step / 300, measured(2.6, 2.2, 2.1, 2.3, 2.4, 2.5)))).toEqual([]);
  });
});

describe('no learning', () => {
  it('is a loss that stays where it was', () => {
    expect(kinds(curve(100, () => 3))).toEqual(['no-learning']);
    expect(kinds(curve(100, () => 3, measured(3.1, 3.1, 3.09, 3.1)))).toEqual(['no-learning']);
    expect(trainingWarnings(curve(100, () => 3))[0].text).toMatch(/after 100 steps the loss is \d\.\d+, as it was/);
  });

  it('is judged by held-out rows where there are any', () => {
    expect(kinds(curve(100, () => 3, measured(3.1, 2.9, 2.7)))).toEqual([]);
  });

  it('waits for the warm-up, and is not a loss that is as low as it can be', () => {
    expect(kinds(curve(9, () => 3))).toEqual([]);
    expect(kinds({ ...curve(100, () => 0), losses: new Array(100).fill(0.001) })).toEqual([]);
  });
});
