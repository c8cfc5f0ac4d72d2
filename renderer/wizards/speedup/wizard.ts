/** Speed up: model; goal, time and what may change; review. */
import { modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { speedupPlan, speedupSummary } from './plan.ts';

export const wizard: WizardDefinition = {
  technique: 'optimize',
  title: 'Speed up',
  icon: 'speed',
  path: '/optimize',
  question: 'What counts, and what may change?',
  steps: [modelStep(), settingsStep, reviewStep],
  hidden: [],
  presetUse: {
    quick: 'a first idea',
    balanced: 'the same answers, sooner',
    best: 'answers may change a little',
  },
  plan: speedupPlan,
  summary: speedupSummary,
  sentence: ({ model }) => (model === undefined ? '' : `${model.name}, tried on this machine`),
};
