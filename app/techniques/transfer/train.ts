/** From encoded texts to trained weights, by the method asked for. */
import { type Choice, type ChoiceRows, chooseHead } from './choose-head.ts';
import type { Classifier } from './classifier.ts';
import type { Epoch, EpochOptions, TrainContext } from './epochs.ts';
import type { Features } from './feature-cache.ts';
import type { Target } from './objective.ts';
import { FEW_ROWS_EPOCHS, FULL_EPOCHS, fullRate, headBatch, headRate, MOST_HEAD_EPOCHS, ratesOf } from './rates.ts';
import type { TransferOptions } from './schema.ts';
import { type TrainingText, trainFull } from './train-full.ts';
import type { Checkpointing } from './train-graph.ts';
import { trainHead } from './train-head.ts';
import type { Values } from './weight-values.ts';

export interface TrainingRows {
  /** Of the frozen model: a row for each of `targets`. */
  readonly features: Features;
  readonly targets: readonly Target[];
  readonly texts: readonly TrainingText[];
  /** Rows kept apart to choose settings by; none where there are too few. */
  readonly forChoice: ChoiceRows;
}

export interface Trained {
  readonly values: Values;
  readonly epochs: readonly Epoch[];
  /** Epochs of the head alone that came before, for `full`. */
  readonly headEpochs: readonly Epoch[];
  /** How settings of a head were chosen, where they were. */
  readonly choice?: Choice;
}

export interface TrainByContext extends TrainContext {
  readonly onProgress?: (done: number, total: number) => void;
}

/** @throws UserError training/diverged, checkpoint/other-run, disk/full */
export async function trainBy(
  classifier: Classifier,
  rows: TrainingRows,
  options: TransferOptions,
  context: TrainByContext,
  checkpoints: Checkpointing,
): Promise<Trained> {
  return options.method === 'head'
    ? trainFrozen(classifier, rows, options, context)
    : trainWhole(classifier, rows, options, context, checkpoints);
}

async function trainFrozen(
  classifier: Classifier,
  { features, targets, texts, forChoice }: TrainingRows,
  given: TransferOptions,
  context: TrainByContext,
): Promise<Trained> {
  const options = { ...given, batchSize: headBatch(given, targets.length, texts.length) };
  const rates = ratesOf(classifier, options);
  const chooses = (options.epochs === undefined || rates.length > 1) && forChoice.judged.length > 0;
  const most = options.epochs ?? MOST_HEAD_EPOCHS;
  const common = commonOf(options);
  const choice = chooses
    ? await chooseHead(
        classifier,
        features,
        targets,
        forChoice,
        rates,
        { ...common, epochs: most },
        watched(context, most, forChoice.learnt.length, options),
      )
    : undefined;
  const epochs = choice?.schedule ?? options.epochs ?? FEW_ROWS_EPOCHS;
  const own: EpochOptions = {
    ...common,
    epochs,
    stopAfter: options.epochs === undefined ? choice?.epochs : undefined,
    learningRate: choice?.learningRate ?? rates[0],
  };
  // The curve of the first try was shown; the same again on all rows would only confuse.
  const quiet = { threads: context.threads, signal: context.signal };
  const trained = await trainHead(
    classifier,
    features,
    targets,
    own,
    choice ? quiet : watched(context, epochs, targets.length, options),
  );
  return { ...trained, headEpochs: [], choice };
}

async function trainWhole(
  classifier: Classifier,
  { features, targets, texts }: TrainingRows,
  options: TransferOptions,
  context: TrainByContext,
  checkpoints: Checkpointing,
): Promise<Trained> {
  const { headEpochs, gradual, layerDecay } = options;
  const common = commonOf(options);
  const first = {
    ...common,
    batchSize: headBatch(options, targets.length, texts.length),
    epochs: headEpochs,
    learningRate: options.headLearningRate ?? headRate(classifier),
  };
  const quiet = { threads: context.threads, signal: context.signal };
  const head = await trainHead(classifier, features, targets, first, quiet);
  const epochs = options.epochs ?? FULL_EPOCHS;
  const own = { ...common, epochs, learningRate: fullRate(options), gradual, layerDecay };
  const whole = watched(context, epochs, texts.length, options);
  const trained = await trainFull(classifier, texts, head.values, own, whole, checkpoints);
  return { values: trained.values, epochs: trained.epochs, headEpochs: head.epochs };
}

const commonOf = ({ batchSize, weightDecay, maxGradNorm, seed }: TransferOptions) => ({
  batchSize,
  weightDecay,
  maxGradNorm,
  seed,
});

function watched(context: TrainByContext, epochs: number, rows: number, { batchSize }: TransferOptions): TrainContext {
  const steps = epochs * Math.ceil(rows / batchSize);
  return {
    threads: context.threads,
    signal: context.signal,
    onStep(step) {
      context.onStep?.(step);
      context.onProgress?.(step.step, steps);
    },
  };
}
