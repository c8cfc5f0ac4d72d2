/**
 * Finds the learning rate and the number of epochs at which rows that were not learnt from have the least loss. On frozen
 * features a try costs next to nothing; the head is then trained on all rows with what was found.
 */
import { mean } from '../../evaluate/statistics.ts';
import type { Classifier } from './classifier.ts';
import type { EpochOptions, TrainContext } from './epochs.ts';
import { type Features, pickFeatures } from './feature-cache.ts';
import { openScorer } from './head-scorer.ts';
import { lossesOf, objectiveOf, type Target } from './objective.ts';
import { trainHead } from './train-head.ts';

/** Epochs without a lower loss after which a try ends. */
const PATIENCE = 4;

export interface Tried {
  readonly learningRate: number;
  /** Mean over the held-out rows after each epoch. */
  readonly evalLosses: readonly number[];
}

export interface Choice {
  readonly learningRate: number;
  /** How many to do; the learning rate falls as over `schedule` of them. */
  readonly epochs: number;
  readonly schedule: number;
  readonly evalLoss: number;
  readonly tried: readonly Tried[];
}

export interface ChoiceRows {
  readonly learnt: readonly number[];
  readonly judged: readonly number[];
}

/**
 * @param rates learning rates to try, in order; the first of equals wins
 * @param onStep steps of the first try
 */
export async function chooseHead(
  classifier: Classifier,
  features: Features,
  targets: readonly Target[],
  { learnt, judged }: ChoiceRows,
  rates: readonly number[],
  options: Omit<EpochOptions, 'learningRate' | 'stopAfter'>,
  { onStep, ...context }: TrainContext,
): Promise<Choice> {
  const objective = objectiveOf(classifier.model.task);
  const own = pickFeatures(features, learnt);
  const others = pickFeatures(features, judged);
  const wanted = judged.map((row) => targets[row]);
  const scorer = await openScorer(classifier, context.threads);
  try {
    const tried: Tried[] = [];
    for (const learningRate of rates) {
      const evalLosses: number[] = [];
      await trainHead(
        classifier,
        own,
        learnt.map((row) => targets[row]),
        { ...options, learningRate },
        { ...context, onStep: tried.length === 0 ? onStep : undefined },
        async (values) => {
          const evalLoss = mean(lossesOf(objective, await scorer.outputs(others, values), wanted));
          evalLosses.push(evalLoss);
          return { evalLoss, stop: evalLosses.length - 1 - indexOfLeast(evalLosses) >= PATIENCE };
        },
      );
      tried.push({ learningRate, evalLosses });
    }
    const best = tried.reduce((a, b) => (Math.min(...b.evalLosses) < Math.min(...a.evalLosses) ? b : a));
    const epochs = indexOfLeast(best.evalLosses) + 1;
    const evalLoss = best.evalLosses[epochs - 1];
    return { learningRate: best.learningRate, epochs, schedule: options.epochs, evalLoss, tried };
  } finally {
    scorer.dispose();
  }
}

const indexOfLeast = (values: readonly number[]): number => values.indexOf(Math.min(...values));
