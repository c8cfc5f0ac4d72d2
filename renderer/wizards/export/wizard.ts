/** Export: model, target, review. */
import { modelStep, reviewStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { exportPlan, exportSummary } from './plan.ts';
import { TargetScreen } from './steps/target.tsx';

export const wizard: WizardDefinition = {
  technique: 'export',
  title: 'Export',
  icon: 'export',
  path: '/export',
  question: 'Where should it run?',
  steps: [modelStep(), { id: 'settings', title: 'Target', Screen: TargetScreen, missing: () => undefined }, reviewStep],
  hidden: ['target', 'type'],
  presetUse: {},
  plan: exportPlan,
  summary: (_, options) => exportSummary(options),
  sentence: ({ model, options }) => (model === undefined ? '' : `${model.name} as ${exportSummary(options)}`),
};
