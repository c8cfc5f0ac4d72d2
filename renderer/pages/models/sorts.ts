/** The orders that the engine can sort the library in: written out, because the contract's value would bring its schemas along. */
import type { MODEL_SORTS as Sorts } from '../../../app/contract/models.ts';

export const MODEL_SORTS: typeof Sorts = [
  'addedAt',
  'name',
  'parameters',
  'sizeBytes',
  'architecture',
  'perplexity',
  'decodeTokensPerSecond',
];
