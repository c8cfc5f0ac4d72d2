/** How good a classifier is on labelled texts, asked one by one as a person would, and how much of it they took. */
import { type ClassificationScores, scoreClasses } from './classification.ts';
import type { TextClassifier } from './classify.ts';

export interface ClassifierScores extends ClassificationScores {
  readonly examples: number;
  readonly millisecondsPerText: number;
  /** Of models that stop early. */
  readonly meanLayersUsed?: number;
  /** Of cascades: share of the texts that the large model was asked about. */
  readonly askedLarge?: number;
}

const BATCH = 16;

/** @param rows with labels of the classifier, which gives one to each text */
export async function scoreClassifier(
  classifier: TextClassifier,
  rows: readonly { readonly text: string; readonly label: string }[],
  { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
): Promise<ClassifierScores> {
  const { labels } = classifier;
  const predicted: number[] = [];
  const layers: number[] = [];
  const stages: number[] = [];
  const begin = performance.now();
  for (let at = 0; at < rows.length; at += BATCH) {
    signal?.throwIfAborted();
    for (const said of await classifier.classify(rows.slice(at, at + BATCH).map(({ text }) => text))) {
      predicted.push(said.outputs.indexOf(Math.max(...said.outputs)));
      if (said.layers !== undefined) layers.push(said.layers);
      if (said.stage !== undefined) stages.push(said.stage);
    }
    onProgress?.(predicted.length);
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const truth = rows.map(({ label }) => labels.indexOf(label));
  return {
    ...scoreClasses(truth, predicted, labels),
    examples: rows.length,
    millisecondsPerText: (performance.now() - begin) / rows.length,
    ...(layers.length > 0 ? { meanLayersUsed: mean(layers) } : {}),
    ...(stages.length > 0 ? { askedLarge: mean(stages) - 1 } : {}),
  };
}
