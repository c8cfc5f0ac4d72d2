/** Distil's form as a plan: the model is the teacher, the student is one of the settings. */
import type { LabelFacts } from '../../../app/contract/datasets.ts';
import type { ModelDetail } from '../../../app/contract/models.ts';
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, plural, settingOf, shortName, stem, type WizardForm } from '../frame/plan.ts';

export function distillPlan(form: WizardForm, fields: readonly Field[]): Plan {
  if (!form.dataset) throw new Error('distillation needs a data set');
  const name = `${shortName(form.model?.name ?? 'model')}-${stem(form.dataset.name)}-small`;
  // A data set has a share of its own to keep apart, for models of language: too small to measure each class on.
  const classes = typeof form.options.label === 'string' ? { heldOut: HELD_OUT } : {};
  const student = { student: studentOf(form.options), ...classes };
  return planOf('distill', name, { ...form, options: { ...form.options, ...student } }, fields, {
    datasetId: form.dataset.id,
  });
}

/** Share of labelled texts that a classifier and its student are measured on. */
const HELD_OUT = 0.2;

export const DEFAULT_STUDENT = 'layers:0.5';

export const studentOf = (options: WizardForm['options']): string =>
  typeof options.student === 'string' && options.student !== '' ? options.student : DEFAULT_STUDENT;

/** Students that can be had of any teacher, the largest first. */
export const MADE_STUDENTS: readonly { readonly spec: string; readonly name: string; readonly what: string }[] = [
  { spec: 'layers:0.75', name: 'Three quarters of its layers', what: 'begins near the teacher' },
  { spec: 'layers:0.5', name: 'Half of its layers', what: 'a good first try' },
  { spec: 'layers:0.25', name: 'A quarter of its layers', what: 'small, needs more passes' },
  { spec: 'fresh:layers=0.5,width=0.5', name: 'Half as deep and half as wide', what: 'begins knowing nothing' },
];

/** "half of its layers", "40% of its layers", "the model tiny" */
export function studentText(student: string): string {
  const made = MADE_STUDENTS.find(({ spec }) => spec === student);
  if (made) return made.name.charAt(0).toLowerCase() + made.name.slice(1);
  const share = /^layers:(0?\.\d+)$/.exec(student);
  if (share) return `${Math.round(100 * Number(share[1]))}% of its layers`;
  const layers = /^layers:(\d+)$/.exec(student);
  if (layers) return `${plural(Number(layers[1]), 'layer')} of it`;
  return student.includes(':') ? student : `the model ${student}`;
}

const HOW: Readonly<Record<string, string>> = {
  logits: 'from the teacher’s every thought',
  sequence: 'from the teacher’s answers',
  'on-policy': 'from its own texts',
};

/** "Half of its layers from the teacher's every thought, 8 epochs"; the student only where it is chosen. */
export function distillSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => settingOf(fields, options, key);
  const how = HOW[String(value('method'))] ?? HOW.logits;
  const who = typeof options.student === 'string' ? `${studentText(options.student)} ` : '';
  const steps = value('steps');
  const text = `${who}${how}, ${typeof steps === 'number' ? plural(steps, 'step') : plural(Number(value('epochs') ?? 3), 'epoch')}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The columns asked for where the data has them, else those that were found; none twice. */
export function foundColumns(
  facts: Pick<LabelFacts, 'columns' | 'text' | 'label'>,
  asked: { readonly text?: string; readonly label?: string },
): { readonly text?: string; readonly label?: string } {
  const known = (name: string | undefined) => facts.columns.some((column) => column.name === name);
  const text = known(asked.text) ? asked.text : facts.text;
  const label = known(asked.label) ? asked.label : facts.label;
  return { text, label: label === text ? undefined : label };
}

/** Whether a model names one class of each text. */
export const classifies = ({ config }: Pick<ModelDetail, 'config'>): boolean => {
  const [name] = Array.isArray(config.architectures) ? (config.architectures as unknown[]) : [];
  return typeof name === 'string' && name.endsWith('ForSequenceClassification');
};
