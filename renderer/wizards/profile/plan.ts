/** Profile's form as a recipe: measure size, memory and speed; nothing is changed. */
import type { Field } from '../form/fields.ts';
import { effective } from '../form/values.ts';
import { planOf, type RecipePlan, shortName, type WizardForm } from '../frame/plan.ts';

export const profilePlan = (form: WizardForm, fields: readonly Field[]): RecipePlan =>
  planOf('profile', `profile-${shortName(form.model?.name ?? 'model')}`, form, fields);

/** "contexts 64 and 512, 3 repeats" */
export function profileSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => {
    const field = fields.find((f) => f.key === key);
    return field ? effective(field, options) : options[key];
  };
  const contexts = (value('contexts') as readonly number[] | undefined) ?? [];
  const repeat = Number(value('repeat') ?? 1);
  return `contexts ${listed(contexts)}, ${repeat} repeat${repeat === 1 ? '' : 's'}`;
}

const listed = (values: readonly number[]): string =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} and ${values.at(-1)}`;
