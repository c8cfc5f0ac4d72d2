/** The wizard Fine-tune. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const finetune = wizardFeature(
  {
    title: 'Fine-tune',
    icon: 'tune',
    path: '/finetune',
    group: 'Tune',
    command: 'Fine-tune a model on your data',
    words: 'train teach lora learn',
  },
  () => import('./wizard.ts'),
);
