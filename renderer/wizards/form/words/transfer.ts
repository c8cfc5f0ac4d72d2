/** Words of transfer learning. */
import type { TechniqueWords } from './field-words.ts';

export const transfer: TechniqueWords = {
  task: { choices: { classification: 'One class a text' } },
  method: { choices: { head: 'A head, the model stays frozen', full: 'All weights' }, common: true },
  pooling: {
    label: 'What stands for a text',
    choices: { auto: 'Automatic', own: 'Its first or last token', mean: 'The mean of all tokens' },
  },
  epochs: { label: 'Epochs', unit: 'passes', common: true },
  headEpochs: { label: 'Epochs of the head before', unit: 'passes' },
  batchSize: { unit: 'texts' },
  maxLength: { label: 'Length read', unit: 'tokens', help: 'Longer texts are cut there.', common: true },
  learningRate: { help: 'Step size. Too high forgets, too low learns nothing.', common: true },
  learningRates: { label: 'Learning rates to try' },
  headLearningRate: { label: 'Learning rate of the head before' },
  gradual: { label: 'Unfreeze from the top' },
  layerDecay: { label: 'Slower in lower layers', unit: 'times' },
  maxGradNorm: { label: 'Gradient limit', help: 'Largest overall gradient; 0 is no limit.' },
  heldOut: { label: 'Kept apart for measuring', unit: 'share', common: true },
  checkpointMinutes: { label: 'Checkpoint every', unit: 'minutes' },
};
