/** Transfer's form as a plan: which columns are read, and how the classifier is trained. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, stem, type WizardForm } from '../frame/plan.ts';

/** Columns are settings of the step, but of this data set only. */
export const COLUMNS = ['text', 'label', 'other', 'negative'] as const;
export type ColumnKey = (typeof COLUMNS)[number];
export type Columns = Readonly<Partial<Record<ColumnKey, string>>>;

export function columnsOf({ options }: Pick<WizardForm, 'options'>): Columns {
  const named = COLUMNS.flatMap((key) => (typeof options[key] === 'string' ? [[key, options[key]]] : []));
  return Object.fromEntries(named) as Columns;
}

/** What keeps the columns from being read; undefined where nothing does. */
export function columnsMissing(form: Pick<WizardForm, 'options'>): string | undefined {
  const { text, label, other } = columnsOf(form);
  if (form.options.task === 'similarity') {
    if (text === undefined || other === undefined) return 'Choose the columns';
    return text === other ? 'The texts of a pair are in different columns' : undefined;
  }
  if (text === undefined || label === undefined) return 'Choose the columns';
  return text === label ? 'Texts and labels are different columns' : undefined;
}

export function transferPlan(form: WizardForm, fields: readonly Field[]): Plan {
  if (!form.dataset) throw new Error('a classifier needs a data set');
  const name = `${shortName(form.model?.name ?? 'model')}-${stem(form.dataset.name)}`;
  const plan = planOf('transfer', name, form, fields, { datasetId: form.dataset.id });
  // A data set has a share of its own, for fine-tuning: too small to measure each class on.
  const heldOut = settingOf(fields, form.options, 'heldOut');
  // From few examples it is the pairs that move the model, and likeness is learnt by all of it: a preset has no say then.
  const method = form.options.fewShot === true ? 'head' : form.options.task === 'similarity' ? 'full' : undefined;
  const own = method === undefined ? { heldOut } : { heldOut, method };
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, options: { ...step.options, ...own } })) };
}

/** "a head on the frozen model", "every weight, 4 epochs" */
export function transferSummary(fields: readonly Field[], options: WizardForm['options']): string {
  if (options.fewShot === true) return 'the model moved by pairs of few examples, then a head';
  const similar = options.task === 'similarity';
  const epochs = settingOf(fields, options, 'epochs');
  const passes = typeof epochs === 'number' ? `, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}` : '';
  if (similar || settingOf(fields, options, 'method') === 'full') {
    const gradual = settingOf(fields, options, 'gradual') === true ? ', unfrozen from the top' : '';
    return `every weight${passes || ', 3 epochs'}${gradual}`;
  }
  const rates = settingOf(fields, options, 'learningRates');
  const tried = Array.isArray(rates) && rates.length > 1 ? `the best of ${rates.length} heads` : 'a head';
  return `${tried} on the frozen model${passes}`;
}
