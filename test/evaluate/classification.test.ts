/** Scores of classifiers against scikit-learn's, and calibration against cases worked out by hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectedCalibrationError } from '../../app/evaluate/calibration.ts';
import { scoreClasses } from '../../app/evaluate/classification.ts';

const ROOT = join(import.meta.dirname, '../fixtures/metrics');

it.each(readdirSync(ROOT).filter((name) => name.startsWith('classification-')))('%s', (name) => {
  const reference = JSON.parse(readFileSync(join(ROOT, name, 'cases.json'), 'utf8'));
  const scores = scoreClasses(reference.y_true, reference.y_pred, reference.labels.map(String));
  expect(scores.accuracy).toBeCloseTo(reference.accuracy, 12);
  expect(scores.macroF1).toBeCloseTo(reference.macro_f1, 12);
  expect(scores.microF1).toBeCloseTo(reference.micro_f1, 12);
  expect(scores.weightedF1).toBeCloseTo(reference.weighted_f1, 12);
  expect(scores.matthews).toBeCloseTo(reference.matthews, 12);
  expect(scores.confusion).toEqual(reference.confusion_rows_true_columns_predicted);
  for (const part of ['precision', 'recall', 'f1', 'support'] as const) {
    scores.perClass.forEach((score, c) => {
      expect(score[part], `${part} of ${c}`).toBeCloseTo(reference.per_class[part][c], 12);
    });
  }
});

it('gives no NaN where a class is neither there nor predicted', () => {
  const scores = scoreClasses([0, 0, 1], [0, 0, 0], ['a', 'b', 'c']);
  expect(scores.perClass.map(({ f1 }) => f1)).toEqual([0.8, 0, 0]);
  expect(scores.macroF1).toBeCloseTo(0.4);
  expect(scores.matthews).toBe(0);
});

it('measures how far sureness is from being right', () => {
  // Two predictions at 0.9, one of them right: a gap of 0.4 in their bin; two at 0.65, both right: 0.35.
  const error = expectedCalibrationError([0.9, 0.9, 0.65, 0.65], [true, false, true, true], 10);
  expect(error).toBeCloseTo((2 * 0.4 + 2 * 0.35) / 4, 12);
  expect(expectedCalibrationError([1, 1], [true, true])).toBe(0);
});
