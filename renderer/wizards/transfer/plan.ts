/** Transfer's form as a plan: which columns are read, and how the classifier is trained. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, stem, type WizardForm } from '../frame/plan.ts';

/** Columns are settings of the step, but of this data set only. */
export interface Columns {
  readonly text?: string;
  readonly label?: string;
}

export const columnsOf = ({ options }: Pick<WizardForm, 'options'>): Columns => ({
  text: typeof options.text === 'string' ? options.text : undefined,
  label: typeof options.label === 'string' ? options.label : undefined,
});

export function transferPlan(form: WizardForm, fields: readonly Field[]): Plan {
  if (!form.dataset) throw new Error('a classifier needs a data set');
  const name = `${shortName(form.model?.name ?? 'model')}-${stem(form.dataset.name)}`;
  const plan = planOf('transfer', name, form, fields, { datasetId: form.dataset.id });
  // A data set has a share of its own, for fine-tuning: too small to measure each class on.
  const heldOut = settingOf(fields, form.options, 'heldOut');
  // From few examples it is the pairs that move the model; a preset's way of training has no say then.
  const own = form.options.fewShot === true ? { heldOut, method: 'head' } : { heldOut };
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, options: { ...step.options, ...own } })) };
}

/** "a head on the frozen model", "every weight, 4 epochs" */
export function transferSummary(fields: readonly Field[], options: WizardForm['options']): string {
  if (options.fewShot === true) return 'the model moved by pairs of few examples, then a head';
  const epochs = settingOf(fields, options, 'epochs');
  const passes = typeof epochs === 'number' ? `, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}` : '';
  if (settingOf(fields, options, 'method') === 'full') {
    const gradual = settingOf(fields, options, 'gradual') === true ? ', unfrozen from the top' : '';
    return `every weight${passes || ', 3 epochs'}${gradual}`;
  }
  const rates = settingOf(fields, options, 'learningRates');
  const tried = Array.isArray(rates) && rates.length > 1 ? `the best of ${rates.length} heads` : 'a head';
  return `${tried} on the frozen model${passes}`;
}
