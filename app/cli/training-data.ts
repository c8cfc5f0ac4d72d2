/** The data set that a command names, encoded for a model, and the same data as something to measure quality on. */
import { UserError } from '../contract/errors.ts';
import type { EncodedStore, MixedPart, RowProblem } from '../datasets/index.ts';
import type { TextMetric } from '../evaluate/text-scores.ts';
import type { MeasureRequest } from '../profile/measure.ts';
import type { CommandContext } from './command.ts';

export interface DataOptions {
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly maxLength: number;
  readonly heldOut: number;
  readonly seed: number;
  /** What of a conversation is learnt. */
  readonly lossOn?: 'answers' | 'last-answer' | 'all';
  /** See `LoadOptions`. */
  readonly sides?: boolean;
  readonly pairs?: boolean;
}

export type NamedData =
  | { readonly tokens: string }
  | {
      readonly store: EncodedStore;
      readonly path: string;
      readonly pairs?: boolean;
      /** See `loadMixture`. */
      readonly parts?: readonly (MixedPart & { readonly path: string })[];
    };

export interface LoadedData {
  readonly data: NamedData;
  /** The rows of the data set that were kept apart. */
  readonly heldOut?: NamedData;
  readonly problems: readonly RowProblem[];
}

/** @throws UserError dataset/*, tokenizer/*, file/* */
export async function loadTrainingData(
  model: string,
  file: string,
  options: DataOptions,
  { say, signal }: CommandContext,
): Promise<LoadedData> {
  const { isTokensFile, loadDataset } = await import('../datasets/index.ts');
  if (isTokensFile(file, options.format)) return { data: { tokens: file }, problems: [] };
  const [{ loadTokenizer }, { findChatTemplate }] = await Promise.all([
    import('../models/tokenizer.ts'),
    import('../models/chat-template.ts'),
  ]);
  const dataset = await loadDataset(file, await loadTokenizer(model), await findChatTemplate(model), {
    ...options,
    loss: options.lossOn,
    signal,
  });
  if (dataset.problemCount > 0) {
    const [first] = dataset.problems;
    say(`${dataset.problemCount} of ${dataset.rows} rows have problems; the first: row ${first.row}: ${first.message}`);
  }
  if (dataset.train.count === 0) throw new UserError('dataset/empty', `${file} has no rows left to train on`);
  const named = (store: EncodedStore) => ({ store, path: file, ...(options.pairs ? { pairs: true } : {}) });
  const heldOut = dataset.heldOut.supervised > 0 ? named(dataset.heldOut) : undefined;
  return { data: named(dataset.train), heldOut, problems: dataset.problems.slice(0, 20) };
}

/**
 * What the loss is measured on while a model is trained: a file, or the rows of the data set that were kept apart; of either at
 * most `limit` examples, from the first on.
 * @throws UserError dataset/*, tokenizer/*, file/*
 */
export async function loadValidation(
  model: string,
  file: string | undefined,
  heldOut: NamedData | undefined,
  options: DataOptions & { readonly limit: number },
  context: CommandContext,
): Promise<NamedData | undefined> {
  const { data } =
    file === undefined ? { data: heldOut } : await loadTrainingData(model, file, { ...options, heldOut: 0 }, context);
  if (!data || 'tokens' in data) return data;
  return { ...data, store: data.store.first(data.pairs ? 2 * options.limit : options.limit) };
}

/** What the quality of a model is measured on: the held-out rows of its data set, a supervised set, or a plain text. */
export function qualityRequest(
  file: string,
  options: Partial<DataOptions> & { readonly limit?: number; readonly metrics?: readonly TextMetric[] },
): MeasureRequest['quality'] {
  if (/\.(txt|md)$/i.test(file) && options.format === undefined) {
    return { kind: 'text', file, context: 256, stride: 256, tokens: 8192 };
  }
  const { format, columns, maxLength = 512, lossOn: loss, heldOut, seed, limit, metrics } = options;
  return { kind: 'answers', file, format, columns, maxLength, loss, heldOut, seed, limit, metrics };
}
