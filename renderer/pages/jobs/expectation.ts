/** Where a noisy curve is heading. */

export interface Expectation {
  readonly at: (step: number) => number;
  /** Half the width of the band: how far single points lie from the curve. */
  readonly band: number;
}

/**
 * Fits loss = a + b / sqrt(step) by least squares to the later two thirds of the smoothed points: a decreasing curve that
 * levels off. Undefined with fewer than 20 points, or where the loss is not falling.
 */
export function expectation(
  points: readonly { readonly step: number; readonly loss: number }[],
): Expectation | undefined {
  const late = points.slice(Math.floor(points.length / 3));
  if (late.length < 20) return undefined;
  const xs = late.map(({ step }) => 1 / Math.sqrt(Math.max(1, step)));
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const mx = mean(xs);
  const my = mean(late.map(({ loss }) => loss));
  const sxx = xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
  if (sxx === 0) return undefined;
  const b = late.reduce((sum, { loss }, i) => sum + (xs[i] - mx) * (loss - my), 0) / sxx;
  const a = my - b * mx;
  if (b <= 0) return undefined;
  const at = (step: number) => a + b / Math.sqrt(Math.max(1, step));
  const band = Math.sqrt(late.reduce((sum, { step, loss }) => sum + (loss - at(step)) ** 2, 0) / late.length);
  return at(Number.MAX_SAFE_INTEGER) < 0 ? undefined : { at, band };
}
