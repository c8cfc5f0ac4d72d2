/** Opens what a model is trained on, as batches of the kind that its task takes. */
import { UserError } from '../../contract/errors.ts';
import { type EncodedStore, TokensFile } from '../../datasets/index.ts';
import type { Model } from '../../models/model.ts';
import type { FinetuneOptions } from './schema.ts';
import { labelsSource, type StepSource, storeSource, tokensSource } from './source.ts';

/** Training data: a pre-tokenised file's path, or an encoded data set with something that identifies it. */
export type TrainingData = { readonly tokens: string } | { readonly store: EncodedStore; readonly path: string };

export type SourceOptions = Pick<FinetuneOptions, 'batchSize' | 'accumulate' | 'maxLength' | 'packing' | 'seed'> & {
  readonly shuffle?: boolean;
};

/** @throws UserError arguments/incompatible where the data or the model cannot be trained so, arguments/invalid where rows are too long, file/* */
export async function openSource(model: Model, data: TrainingData, options: SourceOptions): Promise<StepSource> {
  const { task, architecture, config } = model;
  if (task.kind === 'hidden-states') {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} without a head learns nothing: use lathe transfer`,
    );
  }
  if (architecture.kind === 'encoder-decoder') {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} cannot be fine-tuned from the command line yet`,
    );
  }
  const source = await sourceOf(model, data, options);
  if (source.maxLength > config.maxLength) {
    throw new UserError(
      'arguments/invalid',
      `rows of ${source.maxLength} tokens exceed the model's ${config.maxLength}`,
    );
  }
  return source;
}

async function sourceOf({ task, config }: Model, data: TrainingData, options: SourceOptions): Promise<StepSource> {
  if (!('tokens' in data)) {
    if (task.kind === 'classification') {
      throw new UserError(
        'arguments/incompatible',
        'a classifier learns from pre-tokenised rows, or by lathe transfer',
      );
    }
    return storeSource(data.store, { ...options, rows: options.batchSize });
  }
  const file = await TokensFile.open(data.tokens);
  const wanted = task.kind === 'classification' ? 'rows' : 'tokens';
  if (file.labelled !== wanted) {
    const has = file.labelled === 'rows' ? 'a label a row, which is for classifiers' : 'a label a token';
    throw new UserError('arguments/incompatible', `${data.tokens} has ${has}`);
  }
  if (task.kind !== 'classification') return tokensSource(file, options.accumulate);
  return labelsSource(file, options.accumulate, { pooling: task.pooling, positionsSkip: config.positionsSkip });
}
