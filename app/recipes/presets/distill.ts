/** How long the student studies. */
import type { Preset } from '../../contract/techniques.ts';

export const distill: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Quick',
    summary: '3 epochs',
    values: { epochs: 3, learningRate: 5e-4, temperature: 2, alpha: 0.7, warmupSteps: 10 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: '8 epochs',
    values: { epochs: 8, learningRate: 5e-4, temperature: 2, alpha: 0.7, warmupSteps: 20 },
  },
  {
    id: 'best',
    title: 'Best',
    summary: '20 epochs',
    values: { epochs: 20, learningRate: 3e-4, temperature: 2, alpha: 0.9, warmupSteps: 40 },
  },
];
