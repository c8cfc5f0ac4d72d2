/** Settings with which a training fits into the memory that is free: the same rows a step, fewer at a time. */
import { chooseBatches } from './choose-batches.ts';
import type { EstimateInput } from './estimator.ts';
import { finetuneMemory } from './finetune.ts';

export interface Fitted {
  readonly batchSize: number;
  readonly accumulate: number;
  readonly checkpointing: boolean;
  /** What it needs so, by the estimate. */
  readonly memoryBytes: number;
  readonly fits: boolean;
}

/** What a training asks for: its batches, or that they are chosen for it. */
export interface Asked {
  readonly batchSize: number | 'auto';
  readonly accumulate: number;
  readonly checkpointing: boolean;
}

/** Other programs and errors of the estimate leave this share of what is free. */
const USABLE = 0.85;

/**
 * The settings as they are where they fit; else fewer rows at a time, which costs little, and only then activations computed
 * again, which costs a third of the time. Where nothing fits, what needs least. Rows of a step stay the same.
 */
export function fitTraining(input: Omit<EstimateInput, 'machine'>, asked: Asked, freeBytes: number): Fitted {
  const { batchSize: rows, accumulate, checkpointing } = asked;
  const chosen = rows === 'auto' ? chooseBatches(input, accumulate) : { batchSize: rows, accumulate };
  const given = { ...chosen, checkpointing };
  const tries: Fitted[] = [];
  for (const checkpointing of given.checkpointing ? [true] : [false, true]) {
    for (let batchSize = given.batchSize; ; batchSize = Math.floor(batchSize / 2)) {
      const accumulate = Math.ceil((given.batchSize * given.accumulate) / batchSize);
      const settings = { batchSize, accumulate, checkpointing };
      const memoryBytes = finetuneMemory({ ...input, options: { ...input.options, ...settings } });
      const fitted = { ...settings, memoryBytes, fits: memoryBytes <= USABLE * freeBytes };
      if (fitted.fits) return fitted;
      tries.push(fitted);
      if (batchSize === 1) break;
    }
  }
  return tries.reduce((least, next) => (next.memoryBytes < least.memoryBytes ? next : least));
}
