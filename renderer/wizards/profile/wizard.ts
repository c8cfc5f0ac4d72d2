/** Profile: model, settings, review. */
import { modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { profilePlan, profileSummary } from './plan.ts';

export const wizard: WizardDefinition = {
  technique: 'profile',
  title: 'Profile',
  icon: 'gauge',
  path: '/profile',
  question: 'How thoroughly should it be measured?',
  steps: [modelStep(), settingsStep, reviewStep],
  hidden: [],
  presetUse: { quick: 'a first idea', balanced: 'speed with its spread', best: 'for decisions' },
  plan: profilePlan,
  summary: profileSummary,
  sentence: ({ model }) => (model === undefined ? '' : `${model.name}, measured on this machine`),
};
