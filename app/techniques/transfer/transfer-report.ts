/** What is told of a trained classifier: scores, calibration, the examples it found hardest. */
import { expectedCalibrationError } from '../../evaluate/calibration.ts';
import { type ClassificationScores, scoreClasses } from '../../evaluate/classification.ts';
import type { LabelledText } from './labelled-rows.ts';
import { hardestOf, shortened } from './shown-rows.ts';

export interface HardExample {
  readonly text: string;
  readonly label: string;
  readonly predicted: string;
  /** Probability that the true class was given. */
  readonly probability: number;
}

export interface ClassifierReport extends ClassificationScores {
  /** Expected calibration error, 0 to 1. */
  readonly ece: number;
  /** Mean of -log of the true classes' probabilities, nats. */
  readonly loss: number;
  /** The texts whose true class was thought least likely, the worst first. */
  readonly hardest: readonly HardExample[];
}

/** @param probabilities float32 [texts, labels] */
export function reportClassifier(
  rows: readonly LabelledText[],
  probabilities: Float32Array,
  labels: readonly string[],
): ClassifierReport {
  const width = labels.length;
  const truth = rows.map(({ label }) => labels.indexOf(label));
  const of = (row: number, label: number) => probabilities[row * width + label];
  const predicted = rows.map((_, row) => labels.reduce((best, _l, c) => (of(row, c) > of(row, best) ? c : best), 0));
  const hardest = hardestOf(truth.map((label, row) => -of(row, label))).map((row) => ({
    text: shortened(rows[row].text),
    label: labels[truth[row]],
    predicted: labels[predicted[row]],
    probability: of(row, truth[row]),
  }));
  return {
    ...scoreClasses(truth, predicted, labels),
    ece: expectedCalibrationError(
      predicted.map((label, row) => of(row, label)),
      predicted.map((label, row) => label === truth[row]),
    ),
    loss: rows.reduce((sum, _, row) => sum - Math.log(Math.max(of(row, truth[row]), 1e-12)), 0) / rows.length,
    hardest,
  };
}
