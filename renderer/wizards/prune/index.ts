/** The wizard Prune. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const prune = wizardFeature(
  {
    title: 'Prune',
    icon: 'prune',
    path: '/prune',
    group: 'Shrink',
    command: 'Prune a model: remove what matters least',
    words: 'cut layers neurons heads vocabulary tokens smaller',
  },
  () => import('./wizard.ts'),
);
