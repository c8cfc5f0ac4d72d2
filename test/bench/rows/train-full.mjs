/** Full fine-tuning, against PyTorch. */
import { latheTrains, memory, torchTrains, trainNeeds } from './train.mjs';

export const trainFull = {
  name: 'train-full',
  group: 'train',
  title: 'Full fine-tuning, SmolLM2-135M, float32',
  needs: trainNeeds,
  sides: { lathe: latheTrains('full'), PyTorch: torchTrains('full') },
  results: [
    { metric: 'real', label: 'real tokens a second', unit: '/s', target: { atLeast: 2 } },
    { metric: 'realCpu', label: '  a second of processor time', unit: '/s' },
    { metric: 'supervised', label: 'supervised tokens a second', unit: '/s' },
    memory(0.75),
  ],
};
