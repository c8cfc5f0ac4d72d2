/** Two classifiers as one: the small one answers where it is sure enough, the large one is asked about the rest. */
import type { TextClassifier } from './classify.ts';

export interface CascadeRule {
  readonly temperature: number;
  readonly threshold: number;
}

/** Largest of the probabilities after their logits are divided by the temperature, as float32 like the proof's. */
export function calibratedConfidence(outputs: readonly number[], temperature: number): number {
  const most = Math.max(...outputs);
  return Math.fround(1 / outputs.reduce((sum, p) => sum + (p / most) ** (1 / temperature), 0));
}

/** For each label of the first the index of the same label of the second; undefined where they have not the same ones. */
export function sameLabels(first: readonly string[], second: readonly string[]): number[] | undefined {
  const places = first.map((label) => second.indexOf(label));
  return first.length === second.length && new Set(places).size === second.length && !places.includes(-1)
    ? places
    : undefined;
}

/** Owns both models. Labels are in the order of the large one. @param places as `sameLabels` gives them, small to large */
export function cascadeOf(
  small: TextClassifier,
  large: TextClassifier,
  { temperature, threshold }: CascadeRule,
  places: readonly number[],
): TextClassifier {
  return {
    labels: large.labels,
    problem: large.problem,
    async classify(texts) {
      // No confidence is above 1: then the small model is not even asked.
      const first = threshold < 1 ? await small.classify(texts) : [];
      const sure = texts.map(
        (_, i) => threshold < 1 && calibratedConfidence(first[i].outputs, temperature) > threshold,
      );
      const rest = texts.filter((_, i) => !sure[i]);
      const second = rest.length > 0 ? await large.classify(rest) : [];
      let asked = 0;
      return texts.map((_, i) => {
        if (!sure[i]) return { ...second[asked++], stage: 2 };
        const outputs = new Array<number>(places.length);
        for (const [label, place] of places.entries()) outputs[place] = first[i].outputs[label];
        return { ...first[i], outputs, stage: 1 };
      });
    },
    dispose() {
      small.dispose();
      large.dispose();
    },
  };
}
