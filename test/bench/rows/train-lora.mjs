/** LoRA of rank 8 on all linear layers, against PyTorch with PEFT. */
import { latheTrains, memory, torchTrains, trainNeeds } from './train.mjs';

export const trainLora = {
  name: 'train-lora',
  group: 'train',
  title: 'LoRA r=8 on all linear layers, SmolLM2-135M, float32',
  needs: trainNeeds,
  sides: { lathe: latheTrains('lora'), 'PyTorch + PEFT': torchTrains('lora') },
  results: [
    { metric: 'supervised', label: 'supervised tokens a second', unit: '/s', target: { atLeast: 3 } },
    { metric: 'supervisedCpu', label: '  a second of processor time', unit: '/s' },
    { metric: 'real', label: 'real tokens a second', unit: '/s' },
    memory(0.5),
  ],
};
