/** What each method of pruning is given and what it decides; writing is the same for all. */
import type { Model } from '../../models/model.ts';
import type { PruneOptions } from './schema.ts';
import type { PrunedModel } from './write.ts';

export interface PruneContext {
  /** Token sequences that importance is found on, asked for by the methods that need them. */
  readonly calibration: () => Promise<readonly ArrayLike<number>[]>;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What went, as the method counts it: always with `of`, how many there were. */
export type Removed = Readonly<Record<string, unknown>> & { readonly of: number };

export type Pruning = (
  model: Model,
  options: PruneOptions,
  context: PruneContext,
) => Promise<PrunedModel & { readonly removed: Removed }>;
