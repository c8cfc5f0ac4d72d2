/** Prune: model, data that show what matters, settings, the layers, review. */
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { prunePlan, pruneSummary } from './plan.ts';
import { LayersScreen } from './steps/layers.tsx';

export const wizard: WizardDefinition = {
  technique: 'prune',
  title: 'Prune',
  icon: 'prune',
  path: '/prune',
  question: 'What should go?',
  steps: [
    modelStep(),
    dataStep(false),
    settingsStep,
    { id: 'layers', title: 'Layers', Screen: LayersScreen, missing: () => undefined },
    reviewStep,
  ],
  data: { required: false, heading: 'What should it stay good at?', without: 'judged by a text that comes with Lathe' },
  hidden: [],
  presetUse: {
    quick: 'found in seconds',
    balanced: 'smaller and faster',
    best: 'for one language or subject',
  },
  plan: prunePlan,
  summary: pruneSummary,
  sentence: ({ model, options }) => (model === undefined ? '' : `${model.name} without ${pruneSummary([], options)}`),
};
