/** Quantize's form as a recipe: fewer bits, measured on the data where some is chosen. */
import type { Field } from '../form/fields.ts';
import { effective } from '../form/values.ts';
import { planOf, type RecipePlan, shortName, type WizardForm } from '../frame/plan.ts';

export function quantizePlan(form: WizardForm, fields: readonly Field[]): RecipePlan {
  const name = `${shortName(form.model?.name ?? 'model')}-${formatOf(fields, form.options)}`;
  return planOf('quantize', name, form, fields, { evaluate: form.dataset?.path });
}

/** The short word people use for the outcome: int4, int8, f16. */
export function formatOf(fields: readonly Field[], options: WizardForm['options']): string {
  const method = settingOf(fields, options, 'method');
  if (method === 'float16') return 'f16';
  return method === 'dynamic' ? 'int8-dynamic' : `int${settingOf(fields, options, 'bits') ?? 4}`;
}

/** "4 bits, groups of 32, embeddings 8 bits" */
export function quantizeSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const method = settingOf(fields, options, 'method');
  if (method === 'float16') return '16 bits, half precision';
  if (method === 'dynamic') return '8 bits, activations too';
  const word = typeof method === 'string' && method !== 'rtn' ? `${method.toUpperCase()}, ` : '';
  const embedding = settingOf(fields, options, 'embeddingBits');
  return `${word}${settingOf(fields, options, 'bits')} bits, groups of ${settingOf(fields, options, 'groupSize')}, embeddings ${embedding} bits`;
}

function settingOf(fields: readonly Field[], options: WizardForm['options'], key: string): unknown {
  const field = fields.find((f) => f.key === key);
  return field ? effective(field, options) : options[key];
}
