/** Fine-tune: model, data, settings, review. */
import { stem } from '../frame/plan.ts';
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { finetunePlan, finetuneSummary } from './plan.ts';

export const wizard: WizardDefinition = {
  technique: 'finetune',
  title: 'Fine-tune',
  icon: 'tune',
  path: '/finetune',
  question: 'How much should it learn?',
  steps: [modelStep(), dataStep(true), settingsStep, reviewStep],
  data: { required: true, heading: 'What should it learn from?' },
  hidden: [],
  presetUse: { quick: 'enough for a tone of voice', balanced: 'for most data', best: 'for facts and formats' },
  plan: finetunePlan,
  summary: finetuneSummary,
  sentence: ({ model, dataset }) =>
    model === undefined ? '' : dataset === undefined ? model.name : `${model.name}, taught with ${stem(dataset.name)}`,
};
