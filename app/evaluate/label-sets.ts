/** How good a classifier is that gives each text any number of labels. */
import type { ClassScore } from './classification.ts';

export interface LabelSetScores {
  /** Share of texts whose labels are all right and none too many. */
  readonly accuracy: number;
  readonly macroF1: number;
  /** Over all pairs of a text and a label. */
  readonly microF1: number;
  readonly perClass: readonly ClassScore[];
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * @param truth [texts, labels] of 0 and 1
 * @param outputs probabilities likewise; a label is given from `threshold` on
 */
export function scoreLabelSets(
  truth: Float32Array,
  outputs: Float32Array,
  labels: readonly string[],
  threshold = 0.5,
): LabelSetScores {
  const width = labels.length;
  const texts = truth.length / width;
  const counts = labels.map(() => ({ hits: 0, called: 0, support: 0 }));
  let exact = 0;
  for (let t = 0; t < texts; t++) {
    let right = true;
    for (let c = 0; c < width; c++) {
      const [is, said] = [truth[t * width + c] === 1, outputs[t * width + c] >= threshold];
      counts[c].hits += Number(is && said);
      counts[c].called += Number(said);
      counts[c].support += Number(is);
      if (is !== said) right = false;
    }
    exact += Number(right);
  }
  const perClass = counts.map(({ hits, called, support }, c) => ({
    label: labels[c],
    precision: ratio(hits, called),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, called + support),
    support,
  }));
  const total = (key: 'hits' | 'called' | 'support') => counts.reduce((n, count) => n + count[key], 0);
  return {
    accuracy: ratio(exact, texts),
    macroF1: ratio(
      perClass.reduce((n, { f1 }) => n + f1, 0),
      width,
    ),
    microF1: ratio(2 * total('hits'), total('called') + total('support')),
    perClass,
  };
}
