/** Quantize: model, data to calibrate and measure on, how small, bits of single layers, review. */
import { dataStep, modelStep, reviewStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { formatOf, quantizePlan, quantizeSummary } from './plan.ts';
import { GoalScreen } from './steps/goal.tsx';
import { LayersScreen } from './steps/layers.tsx';

export const wizard: WizardDefinition = {
  technique: 'quantize',
  title: 'Quantize',
  icon: 'quant',
  path: '/quantize',
  question: 'How small should it be?',
  steps: [
    modelStep(),
    dataStep(false),
    { id: 'settings', title: 'Size', Screen: GoalScreen, missing: () => undefined },
    { id: 'layers', title: 'Layers', Screen: LayersScreen, missing: () => undefined },
    reviewStep,
  ],
  data: {
    required: false,
    heading: 'Whose text should it stay good at?',
    without: 'a sample text calibrates; only size and speed are measured',
  },
  hidden: [],
  presetUse: { quick: 'for any runtime', balanced: 'close to the original', best: 'for the smallest devices' },
  plan: quantizePlan,
  summary: quantizeSummary,
  sentence: ({ model, options }) => (model === undefined ? '' : `${model.name} as ${formatOf([], options)}`),
};
