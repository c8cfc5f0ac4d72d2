/** Scores of label sets and of numbers, against what scikit-learn 1.x and SciPy give for the same values. */
import { expect, it } from 'vitest';
import { scoreLabelSets } from '../../app/evaluate/label-sets.ts';
import { ranksOf, scoreNumbers } from '../../app/evaluate/numbers.ts';

it('scores sets of labels', () => {
  const truth = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0);
  const outputs = Float32Array.of(0.9, 0.2, 0.4, 0.1, 0.8, 0.3, 0.7, 0.4, 0.6, 0.2, 0.1, 0.2, 0.5, 0.5, 0.1);
  const { accuracy, macroF1, microF1, perClass } = scoreLabelSets(truth, outputs, ['a', 'b', 'c']);
  expect(accuracy).toBeCloseTo(0.4, 12);
  expect(macroF1).toBeCloseTo(0.5, 12);
  expect(microF1).toBeCloseTo(2 / 3, 12);
  expect(perClass).toEqual([
    { label: 'a', precision: 1, recall: 1, f1: 1, support: 3 },
    { label: 'b', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
    { label: 'c', precision: 0, recall: 0, f1: 0, support: 1 },
  ]);
});

it('scores numbers', () => {
  const scores = scoreNumbers([1, 2.5, 2.5, 4, 0], [1.2, 2, 3, 3.5, 0.5]);
  expect(scores.meanAbsoluteError).toBeCloseTo(0.44, 12);
  expect(scores.rootMeanSquaredError).toBeCloseTo(0.4560701700396552, 12);
  expect(scores.r2).toBeCloseTo(0.8905263157894737, 12);
  expect(scores.pearson).toBeCloseTo(0.9564449630891191, 12);
  expect(scores.spearman).toBeCloseTo(0.9746794344808963, 12);
  expect(scoreNumbers([1, 2], [3, 3])).toMatchObject({ pearson: 0, spearman: 0 });
});

it('ranks what is not a number too', () => {
  expect([...ranksOf([2, 1, 2])]).toEqual([2.5, 1, 2.5]);
  expect([...ranksOf([Number.NaN, Number.NaN])]).toEqual([1, 2]);
});
