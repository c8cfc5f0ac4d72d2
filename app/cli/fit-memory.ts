/** Makes a training fit into the memory that is free, and says what was changed for it. */
import { UserError } from '../contract/errors.ts';
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

type Asked = Omit<FinetuneOptions, 'batchSize'> & { readonly batchSize: number | 'auto' };

/** The settings as they are: no batch is fitted to anything. @throws UserError arguments/incompatible */
export function unfitted({ batchSize, ...options }: Asked): FittedOptions {
  if (batchSize !== 'auto') return { options: { ...options, batchSize } };
  throw new UserError('arguments/incompatible', '--batch-size auto is fitted to the memory: leave out --no-fit');
}

/** Pre-tokenised batches are as they are, and a run that goes on keeps the settings that it began with. */
export async function fitMemory(
  model: string,
  data: NamedData,
  out: string,
  options: Asked,
  resume: boolean,
  context: Pick<CommandContext, 'say' | 'warn'>,
): Promise<FittedOptions> {
  // How many rows lie in its batches is for the file to say.
  if ('tokens' in data)
    return { options: { ...options, batchSize: options.batchSize === 'auto' ? 1 : options.batchSize } };
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
  const rows = `${batchSize} ${batchSize === 1 ? 'row' : 'rows'} at a time`;
  const auto = options.batchSize === 'auto';
  if (auto) {
    const times = accumulate === 1 ? '' : `, ${accumulate} times a step`;
    const again = checkpointing ? ', activations computed again' : '';
    context.say(`Chosen for ${giga(free)} of free memory: ${rows}${times}${again} (about ${giga(memoryBytes)})`);
  }
  const changes = [
    ...(auto || batchSize === options.batchSize ? [] : [`${rows}, ${accumulate} times a step`]),
    ...(checkpointing === options.checkpointing ? [] : ['activations computed again']),
  ];
  if (!auto && changes.length > 0) context.say(`${giga(free)} of memory are free, so: ${changes.join(', ')}`);
  if (!fits) context.warn(`This needs about ${giga(memoryBytes)} of memory and ${giga(free)} are free: it may fail.`);
  return {
    options: { ...options, batchSize, accumulate, checkpointing },
    estimatedMemoryBytes: memoryBytes,
  };
}
