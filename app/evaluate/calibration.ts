/** Whether a classifier is as sure as it is right. */

/**
 * Expected calibration error (Guo et al. 2017): predictions in bins of equal width by their probability; the mean gap
 * between probability and accuracy of a bin, weighted by its size. 0: perfectly calibrated.
 * @param confidence probability of each predicted class
 * @param correct whether it was the true one
 */
export function expectedCalibrationError(
  confidence: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 15,
): number {
  const sums = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    // Bins are closed at their upper end, as in the paper.
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence[i] * bins) - 1));
    sums[bin] += Number(correct[i]) - confidence[i];
  }
  return confidence.length === 0 ? 0 : sums.reduce((total, gap) => total + Math.abs(gap), 0) / confidence.length;
}
