/** Profile's form as a plan: measure size, memory and speed; nothing is changed. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, plural, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export const profilePlan = (form: WizardForm, fields: readonly Field[]): Plan =>
  planOf('profile', `profile-${shortName(form.model?.name ?? 'model')}`, form, fields);

/** "contexts 64 and 512, 3 repeats" */
export function profileSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const contexts = (settingOf(fields, options, 'contexts') as readonly number[] | undefined) ?? [];
  return `contexts ${listed(contexts)}, ${plural(Number(settingOf(fields, options, 'repeat') ?? 1), 'repeat')}`;
}

const listed = (values: readonly number[]): string =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} and ${values.at(-1)}`;
