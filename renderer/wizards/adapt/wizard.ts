/** Adapt: model, data that it learns and proves itself on, how much may be lost, review. */
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { adaptPlan, adaptSummary, smallOf, unusedSettings } from './plan.ts';
import { CascadeScreen } from './steps/cascade.tsx';

export const wizard: WizardDefinition = {
  technique: 'adapt',
  title: 'Adapt',
  icon: 'adapt',
  path: '/adapt',
  question: 'How much may be lost for speed?',
  steps: [
    modelStep(),
    dataStep(true),
    { id: 'way', title: 'Way', Screen: CascadeScreen, missing: () => undefined },
    settingsStep,
    reviewStep,
  ],
  data: {
    required: true,
    heading: 'Which texts should it be fast on?',
    empty: {
      title: 'It learns from texts like those it will read, classifiers with a label each: drop a file on this window.',
      example: '{"text": "Where is my parcel?", "label": "delivery"}',
    },
  },
  hidden: [],
  unused: unusedSettings,
  presetUse: {
    quick: 'few rows prove it, the fastest',
    balanced: 'for most uses',
    best: 'needs the most rows to prove',
  },
  plan: adaptPlan,
  summary: adaptSummary,
  sentence: ({ model, options }) => {
    if (model === undefined) return '';
    const small = smallOf(options);
    return `${model.name}${small === undefined ? '' : ` behind ${small}`}, ${adaptSummary([], options)}`;
  },
};
