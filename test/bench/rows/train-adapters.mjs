/** QLoRA and DoRA against LoRA, all of Lathe: what an adapter costs that needs half the memory, or learns lengths too. */
import { latheTrains, memory, trainNeeds } from './train.mjs';

const against = (name, method, title, results) => ({
  name,
  group: 'train',
  title,
  needs: trainNeeds,
  sides: { lathe: latheTrains(method), 'Lathe, LoRA': latheTrains('lora') },
  results,
});
/** At most 1.3 times the time of a step. */
const speed = {
  metric: 'realCpu',
  label: 'real tokens a second of processor time',
  unit: '/s',
  target: { atLeast: 1 / 1.3 },
};

export const trainQlora = against(
  'train-qlora',
  'qlora',
  'QLoRA (int4 in blocks of 32, int8 tables) against float32 LoRA',
  [memory(0.5), speed],
);
export const trainDora = against('train-dora', 'dora', 'DoRA against LoRA', [speed]);
