/** Three ways to fine-tune, each longer than the one before whatever the size of the data. */
import type { Preset } from '../../contract/techniques.ts';

export const finetune: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Quick',
    summary: 'LoRA r8, 1 epoch',
    values: { method: 'lora', rank: 8, alpha: 16, epochs: 1, learningRate: 3e-4, warmupSteps: 5 },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'LoRA r16, 2 epochs',
    values: { method: 'lora', rank: 16, alpha: 32, epochs: 2, learningRate: 2e-4, warmupSteps: 10 },
  },
  {
    id: 'best',
    title: 'Best',
    summary: 'every weight, 3 epochs',
    values: { method: 'full', epochs: 3, learningRate: 5e-5, warmupSteps: 20, weightDecay: 0.01 },
  },
];
