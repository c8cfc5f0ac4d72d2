/** Quantize: model, data to measure on, settings, review. */
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { formatOf, quantizePlan, quantizeSummary } from './plan.ts';

export const wizard: WizardDefinition = {
  technique: 'quantize',
  title: 'Quantize',
  icon: 'quant',
  path: '/quantize',
  question: 'How small should it be?',
  steps: [modelStep(), dataStep(false), settingsStep, reviewStep],
  data: { required: false, heading: 'What should its quality be measured on?' },
  hidden: [],
  presetUse: { quick: 'for any runtime', balanced: 'close to the original', best: 'for the smallest devices' },
  plan: quantizePlan,
  summary: quantizeSummary,
  sentence: ({ model, options }) => (model === undefined ? '' : `${model.name} as ${formatOf([], options)}`),
};
