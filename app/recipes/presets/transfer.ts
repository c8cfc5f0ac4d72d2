/** Three ways to a classifier, each longer than the one before. */
import type { Preset } from '../../contract/techniques.ts';

export const transfer: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Quick',
    summary: 'a head on the frozen model',
    values: { method: 'head', maxLength: 64 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'the best of four heads, longer texts',
    values: { method: 'head', maxLength: 192, learningRates: [0.005, 0.002, 0.01, 0.02] },
  },
  {
    id: 'best',
    title: 'Best',
    summary: 'every weight, 4 epochs',
    values: { method: 'full', maxLength: 192, epochs: 4, layerDecay: 0.9 },
  },
];
