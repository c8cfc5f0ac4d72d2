/** The wizard Distil. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const distill = wizardFeature(
  {
    title: 'Distil',
    icon: 'distil',
    path: '/distill',
    group: 'Tune',
    command: 'Distil a model: teach a smaller one to think like it',
    words: 'teacher student knowledge distillation smaller faster',
  },
  () => import('./wizard.ts'),
);
