/**
 * Few-shot learning (SetFit, Tunstall et al. 2022, arXiv:2209.11055): pairs made of few labelled texts move the vectors of a
 * class together and of others apart; the head then learns on what came of it.
 */
import { type ClassificationScores, scoreClasses } from '../../evaluate/classification.ts';
import { Random } from '../../tensor/random.ts';
import type { Classifier } from './classifier.ts';
import { type TextPair, trainContrast } from './contrast.ts';
import type { TrainContext } from './epochs.ts';
import type { TransferOptions } from './schema.ts';
import type { TaskRow } from './tasks/task.ts';
import type { TrainingText } from './train-full.ts';
import type { GraphTrained } from './train-graph.ts';
import { headValues } from './weight-values.ts';

export interface FewShotReport {
  /** Pairs that were learnt from. */
  readonly pairs: number;
  /** Loss of the pairs: the mean squared gap between their cosine and 1 or 0. */
  readonly loss: number;
  readonly seconds: number;
  /** What a head on the model as it was reaches on the same rows. */
  readonly headOnly: Pick<ClassificationScores, 'accuracy' | 'macroF1'>;
}

/**
 * Of each text so many pairs with others of its class (score 1) and with those of other classes (score 0), drawn at random.
 * @param classes of the texts
 */
export function classPairs(classes: readonly number[], each: number, seed: number): TextPair[] {
  const random = new Random([seed, 0x5e7f]);
  const pick = (rows: readonly number[]) => rows[Math.floor(random.fraction() * rows.length)];
  return classes.flatMap((own, first) => {
    const rows = classes.map((_, row) => row).filter((row) => row !== first);
    const alike = rows.filter((row) => classes[row] === own);
    const others = rows.filter((row) => classes[row] !== own);
    const pairs: TextPair[] = [];
    for (let i = 0; i < each; i++) {
      // A class with one text has nothing to be moved to.
      if (alike.length > 0) pairs.push({ first, second: pick(alike), score: 1 });
      pairs.push({ first, second: pick(others), score: 0 });
    }
    return pairs;
  });
}

/** Trains the layers of the model, not the head nor what was made to read its mean, once over the pairs. */
export async function contrastClasses(
  classifier: Classifier,
  texts: readonly TrainingText[],
  { pairsOfText, pairRate, batchSize, weightDecay, maxGradNorm, seed }: TransferOptions,
  context: TrainContext & { readonly onProgress?: (done: number, total: number) => void },
): Promise<GraphTrained & { readonly pairs: number }> {
  const pairs = classPairs(
    texts.map(({ targets: [target] }) => target as number),
    pairsOfText,
    seed,
  );
  const steps = Math.ceil(pairs.length / batchSize);
  const trained = await trainContrast(
    classifier.model,
    headValues(classifier),
    { texts: texts.map(({ ids }) => ids), pairs },
    'cosine',
    (name) => !classifier.fresh.has(name),
    { epochs: 1, learningRate: pairRate, batchSize, weightDecay, maxGradNorm, seed },
    {
      threads: context.threads,
      signal: context.signal,
      onStep(step) {
        context.onStep?.(step);
        context.onProgress?.(step.step, steps);
      },
    },
  );
  return { ...trained, pairs: pairs.length };
}

/** @param outputs probabilities [rows, labels] */
export function plainFigures(test: readonly TaskRow[], outputs: Float32Array, labels: readonly string[]) {
  const width = labels.length;
  const predicted = test.map((_, row) => {
    const own = outputs.subarray(row * width, (row + 1) * width);
    return own.indexOf(Math.max(...own));
  });
  const { accuracy, macroF1 } = scoreClasses(
    test.map(({ target }) => target as number),
    predicted,
    labels,
  );
  return { accuracy, macroF1 };
}

/** So many rows of each class, the first of a random order that the seed decides. */
export function shotsOf<R extends TaskRow>(rows: readonly R[], shots: number, seed: number): R[] {
  const order = new Random([seed, 0x5407]).shuffle(Uint32Array.from({ length: rows.length }, (_, i) => i));
  const taken = new Map<number, number>();
  const chosen = new Set<number>();
  for (const row of order) {
    const own = rows[row].target as number;
    const count = taken.get(own) ?? 0;
    if (count >= shots) continue;
    taken.set(own, count + 1);
    chosen.add(row);
  }
  return rows.filter((_, row) => chosen.has(row));
}
