/** Adapt's form as a plan: the data train the exits, and a part of them proves the promise. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function adaptPlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-adaptive`;
  return planOf('adapt', name, form, fields, form.dataset ? { datasetId: form.dataset.id } : {});
}

/** "at most 1 point lost, 95% sure" */
export function adaptSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const loss = 100 * Number(settingOf(fields, options, 'maxLoss') ?? 0.01);
  const sure = 100 * Number(settingOf(fields, options, 'confidence') ?? 0.95);
  const points = Number(loss.toPrecision(3));
  return `at most ${points} ${points === 1 ? 'point' : 'points'} lost, ${Number(sure.toPrecision(3))}% sure`;
}
