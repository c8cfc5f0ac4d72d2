/** The wizard Transfer. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const transfer = wizardFeature(
  {
    title: 'Transfer',
    icon: 'transfer',
    path: '/transfer',
    group: 'Tune',
    command: 'Transfer a model to a classification task',
    words: 'classify classifier labels categories sentiment intent spam train head',
  },
  () => import('./wizard.ts'),
);
