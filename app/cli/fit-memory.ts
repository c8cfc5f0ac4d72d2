/** Makes a training fit into the memory that is free, and says what was changed for it. */
import { checkpointSettings } from '../techniques/finetune/checkpoint.ts';
import { checkpointFolder } from '../techniques/finetune/loop.ts';
import type { FinetuneOptions } from '../techniques/finetune/schema.ts';
import type { CommandContext } from './command.ts';
import type { NamedData } from './training-data.ts';

export interface FittedOptions {
  readonly options: FinetuneOptions;
  /** Bytes that the training needs by the estimate. */
  readonly estimatedMemoryBytes?: number;
}

/** Pre-tokenised batches are as they are, and a run that goes on keeps the settings that it began with. */
export async function fitMemory(
  model: string,
  data: NamedData,
  out: string,
  options: FinetuneOptions,
  resume: boolean,
  context: Pick<CommandContext, 'say' | 'warn'>,
): Promise<FittedOptions> {
  if ('tokens' in data) return { options };
  const begun = resume ? await checkpointSettings(checkpointFolder(out)) : undefined;
  if (begun) return { options: { ...options, ...begun } };
  const [{ fitTraining }, { modelShape }, { freeMemory }] = await Promise.all([
    import('../recipes/estimates/fit-training.ts'),
    import('../recipes/estimates/shape.ts'),
    import('../profile/hardware.ts'),
  ]);
  const { store } = data;
  const amount = {
    rows: data.pairs ? store.count / 2 : store.count,
    tokens: store.tokens,
    meanTokens: store.tokens / store.count,
    supervisedShare: store.supervised / store.tokens,
    longest: store.longest,
  };
  const [shape, free] = await Promise.all([modelShape(model), freeMemory()]);
  const fitted = fitTraining({ model: shape, options, data: amount }, options, free);
  const { batchSize, accumulate, checkpointing, memoryBytes, fits } = fitted;
  const giga = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const changes = [
    ...(batchSize === options.batchSize ? [] : [`${batchSize} rows at a time, ${accumulate} times a step`]),
    ...(checkpointing === options.checkpointing ? [] : ['activations computed again']),
  ];
  if (changes.length > 0) context.say(`${giga(free)} of memory are free, so: ${changes.join(', ')}`);
  if (!fits) context.warn(`This needs about ${giga(memoryBytes)} of memory and ${giga(free)} are free: it may fail.`);
  return {
    options: { ...options, batchSize, accumulate, checkpointing },
    estimatedMemoryBytes: memoryBytes,
  };
}
