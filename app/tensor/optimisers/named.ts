/** The optimisers by the names that users give. */
import { adafactor } from './adafactor.ts';
import { adamw } from './adamw.ts';
import type { Optimiser } from './optimiser.ts';
import { sgd } from './sgd.ts';

const OPTIMISERS = { adamw, adafactor, sgd };

export const namedOptimiser = (name: keyof typeof OPTIMISERS, options: { readonly weightDecay: number }): Optimiser =>
  OPTIMISERS[name](options);
