/** How much goes. */
import type { Preset } from '../../contract/techniques.ts';

export const prune: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Gentle',
    summary: 'a tenth of the layers',
    values: { method: 'depth', by: 'influence', amount: 0.1 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'a quarter of the layers, learnt again',
    values: { method: 'depth', by: 'perplexity', amount: 0.27, recover: 'distill', recoverSteps: 120 },
  },
  {
    id: 'best',
    title: 'Vocabulary',
    summary: 'tokens the data never use',
    values: { method: 'vocabulary' },
  },
];
