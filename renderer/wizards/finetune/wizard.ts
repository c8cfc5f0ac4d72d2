/** Fine-tune: model, data, settings, review. */
import { stem } from '../frame/plan.ts';
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { mixedSets, mixtureProblem, mixtureWords } from './mixture.ts';
import { finetunePlan, finetuneSummary } from './plan.ts';
import { FinetuneData } from './steps/data.tsx';
import { FinetuneSettings } from './steps/settings.tsx';

export const wizard: WizardDefinition = {
  technique: 'finetune',
  title: 'Fine-tune',
  icon: 'tune',
  path: '/finetune',
  question: 'How much should it learn?',
  steps: [
    modelStep(),
    {
      ...dataStep(true),
      Screen: FinetuneData,
      missing: (form) => (form.dataset === undefined ? 'Choose a data set' : mixtureProblem(mixedSets(form.options))),
    },
    { ...settingsStep, Screen: FinetuneSettings },
    reviewStep,
  ],
  data: { required: true, heading: 'What should it learn from?' },
  dataWords: ({ dataset, options }) => dataset && mixtureWords(dataset.name, mixedSets(options)),
  hidden: [],
  presetUse: { quick: 'enough for a tone of voice', balanced: 'for most data', best: 'for facts and formats' },
  plan: finetunePlan,
  summary: finetuneSummary,
  sentence: ({ model, dataset }) =>
    model === undefined ? '' : dataset === undefined ? model.name : `${model.name}, taught with ${stem(dataset.name)}`,
};
