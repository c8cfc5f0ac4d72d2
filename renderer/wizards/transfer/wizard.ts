/** Transfer: model, data, which columns, settings, review. */
import { engine } from '../../client/client.ts';
import { stem } from '../frame/plan.ts';
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { COLUMNS, columnsMissing, transferPlan, transferSummary } from './plan.ts';
import { LabelsScreen } from './steps/labels.tsx';
import { KINDS } from './tasks.ts';

export const wizard: WizardDefinition = {
  technique: 'transfer',
  title: 'Transfer',
  icon: 'transfer',
  path: '/transfer',
  question: 'How much should it learn?',
  embedded: 'minilm',
  trial: {
    title: 'Try it with MiniLM and the sample',
    async form() {
      const [{ id }, sample] = await Promise.all([
        engine.models.importEmbedded({ id: 'minilm' }),
        engine.datasets.addSample({}),
      ]);
      return {
        model: { id, name: id },
        dataset: { id: sample.id, name: sample.name },
        options: { ...KINDS.classes.options, text: 'text', label: 'label' },
      };
    },
  },
  steps: [
    modelStep(),
    dataStep(true),
    {
      id: 'labels',
      title: 'Labels',
      Screen: LabelsScreen,
      missing: columnsMissing,
    },
    settingsStep,
    reviewStep,
  ],
  data: {
    required: true,
    heading: 'What should it tell apart?',
    anyColumns: true,
    ownOptions: [...COLUMNS, 'task', 'fewShot'],
    prompts: false,
    sample: 'Use the sample',
    empty: {
      title: 'It learns from texts with a label each: drop a file anywhere on this window.',
      example: '{"text": "Where is my parcel?", "label": "delivery"}',
    },
  },
  hidden: ['task', 'fewShot'],
  presetUse: {
    quick: 'to see whether it works',
    balanced: 'for most data',
    best: 'for hard tasks with much data',
  },
  plan: transferPlan,
  summary: transferSummary,
  sentence: ({ model, dataset }) =>
    model === undefined
      ? ''
      : dataset === undefined
        ? model.name
        : `${model.name}, to tell apart ${stem(dataset.name)}`,
};
