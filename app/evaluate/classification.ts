/** How good a classifier is, from true and predicted classes: the numbers of scikit-learn's classification report. */

export interface ClassScore {
  readonly label: string;
  /** Share of what was called this class that is of it; 0 where nothing was. */
  readonly precision: number;
  /** Share of this class that was found; 0 where there is none. */
  readonly recall: number;
  readonly f1: number;
  /** Examples of this class. */
  readonly support: number;
}

export interface ClassificationScores {
  readonly accuracy: number;
  /** Mean of the classes' F1: every class counts alike. */
  readonly macroF1: number;
  readonly microF1: number;
  /** Mean of the classes' F1 by their support. */
  readonly weightedF1: number;
  /** Matthews' correlation coefficient of several classes (Gorodkin 2004); 0 where it is not defined. */
  readonly matthews: number;
  readonly perClass: readonly ClassScore[];
  /** Rows: the true class; columns: the predicted one. */
  readonly confusion: readonly (readonly number[])[];
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * @param truth index of each example's class in `labels`
 * @param predicted likewise
 */
export function scoreClasses(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: readonly string[],
): ClassificationScores {
  const confusion = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let i = 0; i < truth.length; i++) confusion[truth[i]][predicted[i]] += 1;
  const called = labels.map((_, c) => sum(confusion.map((row) => row[c])));
  const perClass = labels.map((label, c) => {
    const hits = confusion[c][c];
    const support = sum(confusion[c]);
    const precision = ratio(hits, called[c]);
    const recall = ratio(hits, support);
    return { label, precision, recall, f1: ratio(2 * hits, called[c] + support), support };
  });
  // A class that is neither there nor predicted has no F1.
  const met = perClass.filter(({ support }, c) => support + called[c] > 0);
  const total = truth.length;
  const hits = sum(labels.map((_, c) => confusion[c][c]));
  const accuracy = ratio(hits, total);
  const supports = perClass.map(({ support }) => support);
  const products = sum(labels.map((_, c) => called[c] * supports[c]));
  const spread = (counts: readonly number[]) => total * total - sum(counts.map((n) => n * n));
  return {
    accuracy,
    macroF1: ratio(sum(met.map(({ f1 }) => f1)), met.length),
    // Every example has one class and gets one: micro-averaged precision and recall are both the accuracy.
    microF1: accuracy,
    weightedF1: ratio(sum(perClass.map(({ f1, support }) => f1 * support)), total),
    matthews: ratio(hits * total - products, Math.sqrt(spread(called) * spread(supports))),
    perClass,
    confusion,
  };
}
