/** The wizard Quantize. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const quantize = wizardFeature(
  {
    title: 'Quantize',
    icon: 'quant',
    path: '/quantize',
    group: 'Shrink',
    command: 'Quantize a model to fewer bits',
    words: 'shrink compress smaller int4 int8',
  },
  () => import('./wizard.ts'),
);
