/** How thoroughly to measure. */
import type { Preset } from '../../contract/techniques.ts';

export const profile: readonly Preset[] = [
  { id: 'quick', title: 'Quick', summary: 'one context, once', values: { contexts: [64], repeat: 1 } },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: '64 and 512 tokens, 3 times',
    values: { contexts: [64, 512], repeat: 3 },
  },
  { id: 'best', title: 'Best', summary: 'three contexts, 7 times', values: { contexts: [64, 256, 512], repeat: 7 } },
];
