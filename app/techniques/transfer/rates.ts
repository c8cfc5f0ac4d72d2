/** Learning rates and epochs where the user gives none. */
import type { Classifier } from './classifier.ts';
import type { TransferOptions } from './schema.ts';

/** One layer learns fast and safely; several, or the model itself, do not. */
const LEARNING_RATE = { linear: 5e-3, head: 1e-3, full: 3e-5 };

export const headRate = ({ linear }: Classifier): number => (linear ? LEARNING_RATE.linear : LEARNING_RATE.head);

export const fullRate = ({ learningRate }: TransferOptions): number => learningRate ?? LEARNING_RATE.full;

/** Rates that are tried for a head: those given, or the one given, or the usual one. */
export const ratesOf = (classifier: Classifier, { learningRates, learningRate }: TransferOptions): readonly number[] =>
  learningRates ?? [learningRate ?? headRate(classifier)];

/** Most epochs of a head whose number is chosen by held-out loss. */
export const MOST_HEAD_EPOCHS = 20;
export const FULL_EPOCHS = 3;
/** Epochs of a head that has too few rows to hold some out. */
export const FEW_ROWS_EPOCHS = 10;

/** Targets of a step of the head: those of as many texts as a step of the whole has. */
export const headBatch = ({ batchSize }: Pick<TransferOptions, 'batchSize'>, targets: number, texts: number): number =>
  Math.max(1, Math.round((batchSize * targets) / texts));
