/** How close predicted numbers are to the true ones. */

export interface NumberScores {
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
  /** Share of the variance that is explained; 0 for always saying the mean, below it for worse. */
  readonly r2: number;
  /** Pearson's correlation; 0 where one side does not vary. */
  readonly pearson: number;
  /** Spearman's: of the ranks. */
  readonly spearman: number;
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

export function scoreNumbers(truth: ArrayLike<number>, predicted: ArrayLike<number>): NumberScores {
  const gaps = Array.from(truth, (value, i) => value - predicted[i]);
  const squares = mean(gaps.map((gap) => gap * gap));
  const centre = mean(truth);
  const variance = mean(Array.from(truth, (value) => (value - centre) ** 2));
  return {
    meanAbsoluteError: mean(gaps.map(Math.abs)),
    rootMeanSquaredError: Math.sqrt(squares),
    r2: variance === 0 ? 0 : 1 - squares / variance,
    pearson: correlation(truth, predicted),
    spearman: correlation(ranksOf(truth), ranksOf(predicted)),
  };
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** From 1; equal values share the mean of their ranks. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    // A value that is not a number equals nothing, itself neither.
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to += 1;
    for (let i = from; i < to; i++) ranks[order[i]] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}
