/** The wizard Speed up. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const speedup = wizardFeature(
  {
    title: 'Speed up',
    icon: 'speed',
    path: '/optimize',
    group: 'Run',
    command: 'Speed up: find how a model runs best on this machine',
    words: 'optimise latency throughput memory threads batch int8 int4 speculation profile device gpu webgpu graphics',
  },
  () => import('./wizard.ts'),
);
