/** Adapt's form as a plan: the data train the exits, and a part of them proves the promise. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function adaptPlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-adaptive`;
  const small = smallOf(form.options);
  const cascade = small === undefined ? {} : { cascade: small };
  const plan = planOf('adapt', name, form, fields, form.dataset ? { datasetId: form.dataset.id } : {});
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, options: { ...step.options, ...cascade } })) };
}

/** Exits in the model itself, among the ways of saving work. */
export const EXITS = 'exits';

/** The model that is asked first in a cascade. */
export const smallOf = (options: WizardForm['options']): string | undefined =>
  typeof options.cascade === 'string' && options.cascade !== '' ? options.cascade : undefined;

/** "at most 1 point lost, 95% sure" */
export function adaptSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const loss = 100 * Number(settingOf(fields, options, 'maxLoss') ?? 0.01);
  const sure = 100 * Number(settingOf(fields, options, 'confidence') ?? 0.95);
  const points = Number(loss.toPrecision(3));
  return `at most ${points} ${points === 1 ? 'point' : 'points'} lost, ${Number(sure.toPrecision(3))}% sure`;
}
