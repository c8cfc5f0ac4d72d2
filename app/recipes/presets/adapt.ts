/** How much may be lost, and how sure that must be: the less, the more rows it takes to prove it. */
import type { Preset } from '../../contract/techniques.ts';

export const adapt: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Fast',
    summary: 'at most 3 points lost, 90% sure',
    values: { maxLoss: 0.03, confidence: 0.9 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'at most 1 point lost, 95% sure',
    values: { maxLoss: 0.01, confidence: 0.95 },
  },
  {
    id: 'best',
    title: 'Careful',
    summary: 'at most half a point lost, 95% sure',
    values: { maxLoss: 0.005, confidence: 0.95 },
  },
];
