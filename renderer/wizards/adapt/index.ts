/** The wizard Adapt. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const adapt = wizardFeature(
  {
    title: 'Adapt',
    icon: 'adapt',
    path: '/adapt',
    group: 'Run',
    command: 'Adapt computation: let easy inputs stop early',
    words: 'early exit layers dial fast careful confidence promise cascade shortlist',
  },
  () => import('./wizard.ts'),
);
