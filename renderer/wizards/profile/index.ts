/** The wizard Profile. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const profile = wizardFeature(
  {
    title: 'Profile',
    icon: 'gauge',
    path: '/profile',
    group: 'Run',
    command: 'Profile a model on this machine',
    words: 'measure benchmark speed memory',
  },
  () => import('./wizard.ts'),
);
