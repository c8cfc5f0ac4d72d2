/** Opens what a model is trained on, as batches of the kind that its task takes. */
import { UserError } from '../../contract/errors.ts';
import { type EncodedStore, type MixedPart, TokensFile } from '../../datasets/index.ts';
import type { Model } from '../../models/model.ts';
import { makeAnswerBatch } from './answer-batch.ts';
import { splitAtAnswer, twoSides } from './answer-rows.ts';
import { type PreferenceSource, preferenceSource } from './preference-source.ts';
import type { FinetuneOptions } from './schema.ts';
import { labelsSource, type MakeBatch, type StepSource, storeSource, tokensSource } from './source.ts';
import { makeUnpaddedBatch } from './unpadded.ts';

/** Training data: a pre-tokenised file's path, or an encoded data set with something that identifies it. */
export type TrainingData =
  | { readonly tokens: string }
  | {
      readonly store: EncodedStore;
      readonly path: string;
      /** Several data sets behind one another in the store, mixed by weight; counts are of pairs where it holds such. */
      readonly parts?: readonly (MixedPart & { readonly path: string })[];
      /** Examples are pairs: a chosen answer, then the one that was rejected for it. */
      readonly pairs?: boolean;
    };

export type SourceOptions = Pick<FinetuneOptions, 'batchSize' | 'accumulate' | 'maxLength' | 'packing' | 'seed'> &
  Partial<Pick<FinetuneOptions, 'curriculum' | 'steps' | 'epochs'>> & {
    readonly shuffle?: boolean;
  };

/** What the arrangement of an encoded data set follows. */
const arrangement = (
  { parts }: Extract<TrainingData, { store: EncodedStore }>,
  { curriculum = 0, steps, epochs = 1, batchSize, ...options }: SourceOptions,
) => ({ ...options, rows: batchSize, parts, rising: { share: curriculum, steps, epochs } });

/**
 * Pairs of answers of preferences.
 * @throws UserError arguments/incompatible
 */
export function openPreferences(
  model: Model,
  data: TrainingData,
  options: SourceOptions & Pick<FinetuneOptions, 'objective'>,
): PreferenceSource {
  if ('tokens' in data || data.pairs !== true) {
    throw new UserError(
      'arguments/incompatible',
      `--objective ${options.objective} learns from rows of prompt, chosen and rejected`,
    );
  }
  if (model.task.kind !== 'next-token' || model.architecture.kind === 'encoder-decoder') {
    throw new UserError(
      'arguments/incompatible',
      `--objective ${options.objective} is for models that continue a text`,
    );
  }
  const counts = options.objective === 'dpo' ? 'sum' : 'mean';
  return preferenceSource(data.store, arrangement(data, options), counts);
}

/** @throws UserError arguments/incompatible where the data or the model cannot be trained so, arguments/invalid where rows are too long, file/* */
export async function openSource(model: Model, data: TrainingData, options: SourceOptions): Promise<StepSource> {
  const { task, architecture } = model;
  if (task.kind === 'hidden-states') {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} without a head learns nothing: use lathe transfer`,
    );
  }
  const source = await sourceOf(model, data, options);
  assertRowsFit(source.maxLength, model, { cut: !('tokens' in data) });
  return source;
}

/**
 * @param _ whose model it is; cut: false where the rows are not cut to a length that is asked for
 * @throws UserError arguments/invalid where rows of so many tokens are longer than the model can read
 */
export function assertRowsFit(tokens: number, { config }: Model, { whose = 'model', cut = true } = {}): void {
  if (tokens <= config.maxLength) return;
  const advice = cut ? `: --max-length ${config.maxLength} cuts them` : '';
  const message = `rows of ${tokens} tokens exceed the ${whose}'s ${config.maxLength}${advice}`;
  throw new UserError('arguments/invalid', message);
}

async function sourceOf(model: Model, data: TrainingData, options: SourceOptions): Promise<StepSource> {
  const { task, config } = model;
  const answers = isAnswering(model);
  if (!('tokens' in data)) {
    if (task.kind === 'classification') {
      throw new UserError(
        'arguments/incompatible',
        'a classifier learns from pre-tokenised rows, or by lathe transfer',
      );
    }
    const common = arrangement(data, options);
    const make = batchMaker(model, data);
    if (!answers) return storeSource(data.store, common, make);
    // Input and answer lie behind one another and are each as long as a row may be.
    const both = storeSource(data.store, { ...common, packing: false, maxLength: 2 * options.maxLength }, make);
    return { ...both, maxLength: options.maxLength };
  }
  const file = await TokensFile.open(data.tokens);
  const wanted = task.kind === 'classification' ? 'rows' : 'tokens';
  if (file.labelled !== wanted) {
    const has = file.labelled === 'rows' ? 'a label a row, which is for classifiers' : 'a label a token';
    throw new UserError('arguments/incompatible', `${data.tokens} has ${has}`);
  }
  if (task.kind !== 'classification') return tokensSource(file, options.accumulate, batchMaker(model, data));
  return labelsSource(file, options.accumulate, { pooling: task.pooling, positionsSkip: config.positionsSkip });
}

/** Whether batches of this model go without padding. */
export const isUnpadded = (model: Model): boolean => model.task.kind === 'next-token' && !isAnswering(model);

const isAnswering = ({ architecture }: Model): boolean => architecture.kind === 'encoder-decoder';

/**
 * Makes batches of the kind that a model which writes takes, out of rows of such data.
 * @throws UserError model/unsupported where the model does not say how answers begin
 */
export function batchMaker(model: Model, data: TrainingData): MakeBatch {
  if (!isAnswering(model)) return makeUnpaddedBatch;
  const { decoderStart } = model.config;
  if (decoderStart === undefined) {
    const { name } = model.architecture;
    throw new UserError('model/unsupported', `this ${name} does not say which token answers begin with`);
  }
  const sides = 'tokens' in data ? twoSides : splitAtAnswer;
  return (rows) => makeAnswerBatch(rows.map(sides), decoderStart, decoderStart);
}
