/** `--data a.jsonl --data b.jsonl --mix 0.7,0.3`: several data sets to train on, each with its share of the examples. */
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';
import type { CommandContext } from './command.ts';
import { type DataOptions, type LoadedData, loadTrainingData, type NamedData } from './training-data.ts';

export const dataFlag = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe(
    'Data set: JSONL, JSON, CSV, TSV, Parquet, text, a folder, or pre-tokenised safetensors; named again: one more',
  );
export const mixFlag = z
  .array(z.number().positive())
  .optional()
  .describe(
    'Weights of several data sets: 0.7,0.3 takes 3 examples of the second to 7 of the first, whose passes are the epochs (default: every example once)',
  );

type Encoded = Exclude<NamedData, { tokens: string }>;

export interface MixOptions extends DataOptions {
  readonly mix?: readonly number[];
  /** Most held-out examples of all the data sets together. */
  readonly limit: number;
}

/**
 * `--format` and `--columns` are meant for the first data set; others are recognised by themselves.
 * @throws UserError arguments/invalid, arguments/incompatible, dataset/*, tokenizer/*, file/*
 */
export async function loadMixture(
  model: string,
  files: readonly string[],
  { mix, limit, ...options }: MixOptions,
  context: CommandContext,
): Promise<LoadedData> {
  if (mix && mix.length !== files.length) {
    const given = mix.length === 1 ? 'there is 1 weight' : `there are ${mix.length} weights`;
    const sets = files.length === 1 ? '1 data set' : `${files.length} data sets`;
    throw new UserError('arguments/invalid', `--mix: ${given} for ${sets}`);
  }
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new UserError('arguments/invalid', `--data: ${twice} is named twice`);
  const [first, ...others] = files;
  const loaded = [await loadTrainingData(model, first, options, context)];
  if (others.length === 0) return loaded[0];
  const { format: _, columns: __, ...rest } = options;
  for (const file of others) loaded.push(await loadTrainingData(model, file, rest, context));
  const sets = loaded.map(({ data }) => encoded(data));
  const perExample = options.pairs ? 2 : 1;
  const counts = sets.map(({ store }) => store.count / perExample);
  const weights = mix ?? counts;
  const sum = weights.reduce((a, b) => a + b, 0);
  const parts = sets.map(({ path }, i) => ({ path, count: counts[i], weight: weights[i] }));
  const { EncodedStore } = await import('../datasets/index.ts');
  // Of each as many as its share says, so that the loss on them is that of the mixture.
  const apart = loaded.flatMap(({ heldOut }, i) => {
    const most = Math.max(1, Math.floor((limit * weights[i]) / sum));
    return heldOut ? [encoded(heldOut).store.first(perExample * most)] : [];
  });
  return {
    data: { ...sets[0], store: EncodedStore.joined(sets.map(({ store }) => store)), parts },
    ...(apart.length > 0 ? { heldOut: { ...sets[0], store: EncodedStore.joined(apart) } } : {}),
    problems: loaded.flatMap(({ problems }) => problems).slice(0, 20),
  };
}

function encoded(data: NamedData): Encoded {
  if (!('tokens' in data)) return data;
  throw new UserError('arguments/incompatible', `${data.tokens} is pre-tokenised: its batches cannot be mixed`);
}
