/** Distil: teacher, data, student, settings, review. */
import { dataStep, modelStep, reviewStep, settingsStep } from '../frame/steps/index.ts';
import type { WizardDefinition } from '../frame/wizard.ts';
import { classifies, distillPlan, distillSummary, studentOf, studentText } from './plan.ts';
import { ClassifierColumns } from './steps/columns.tsx';
import { StudentScreen } from './steps/student.tsx';

export const wizard: WizardDefinition = {
  technique: 'distill',
  title: 'Distil',
  icon: 'distil',
  path: '/distill',
  question: 'How long should the student study?',
  steps: [
    { ...modelStep(), title: 'Teacher' },
    dataStep(true),
    { id: 'student', title: 'Student', Screen: StudentScreen, missing: () => undefined },
    settingsStep,
    reviewStep,
  ],
  data: {
    required: true,
    heading: 'What should they study?',
    anyColumns: classifies,
    Below: ClassifierColumns,
  },
  hidden: [],
  presetUse: { quick: 'to see whether it works', balanced: 'for most students', best: 'for fresh students' },
  plan: distillPlan,
  summary: distillSummary,
  sentence: ({ model, options }) =>
    model === undefined ? '' : `${model.name}, taught to ${studentText(studentOf(options))}`,
};
